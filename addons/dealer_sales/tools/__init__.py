from . import adf
from . import contract_text
from . import commission
from . import fingerprint
from . import forecast
from . import loan
from . import period
from . import phone
