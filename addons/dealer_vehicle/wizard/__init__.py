from . import dealer_vehicle_document_handover
