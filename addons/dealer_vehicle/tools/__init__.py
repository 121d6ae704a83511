from . import ageing
from . import vin
