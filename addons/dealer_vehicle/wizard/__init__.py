from . import (
    dealer_trim_comparison,
    dealer_vehicle_document_handover,
    dealer_vehicle_shipping_notice,
)
