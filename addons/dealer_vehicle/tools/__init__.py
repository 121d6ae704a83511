from . import vin, vin_store, vpic
from . import ageing
from . import vin
