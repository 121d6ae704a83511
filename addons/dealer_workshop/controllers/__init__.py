from . import portal_appointment
from . import portal
