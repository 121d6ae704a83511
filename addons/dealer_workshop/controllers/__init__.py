from . import portal, portal_appointment, survey
