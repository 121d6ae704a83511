from . import portal
from . import portal_offer
from . import enquiry
from . import portal_appointment
