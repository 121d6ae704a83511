from . import vin, vin_store, vpic
