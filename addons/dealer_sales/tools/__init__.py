from . import adf
from . import contract_text
from . import customer_score
from . import fingerprint
from . import loan
from . import phone
