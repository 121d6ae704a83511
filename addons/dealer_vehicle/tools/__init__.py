from . import ageing, catalogue, comparison, label, recommendation, vin, vin_store, vpic
