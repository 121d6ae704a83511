from . import portal_appointment
