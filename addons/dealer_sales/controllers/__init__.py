from . import portal
from . import portal_offer
from . import enquiry
