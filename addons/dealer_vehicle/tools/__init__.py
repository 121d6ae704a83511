from . import ageing, catalogue, comparison, recommendation, vin, vin_store, vpic
