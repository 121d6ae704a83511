from . import adf
from . import contract_text
from . import fingerprint
from . import loan
from . import phone
