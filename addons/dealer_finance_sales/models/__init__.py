from . import account_move_line
from . import account_move
from . import account_payment
from . import dealer_contract
