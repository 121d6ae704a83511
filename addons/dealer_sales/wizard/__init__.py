from . import dealer_contract_allocate
from . import dealer_contract_cancel
from . import dealer_contract_sign_paper
from . import dealer_contract_version_send_back
from . import dealer_contract_payment
from . import dealer_contract_payment_transfer
from . import dealer_contract_refund
from . import dealer_delivery_sign
