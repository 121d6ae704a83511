from . import dealer_export
from . import dealer_vehicle_document_handover, dealer_vehicle_shipping_notice
from . import dealer_vehicle_shipping_notice_file
