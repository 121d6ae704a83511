from . import portal_appointment
from . import portal
from . import portal, survey
