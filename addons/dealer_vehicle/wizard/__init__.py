from . import (
    dealer_export,
    dealer_trim_comparison,
    dealer_trim_recommendation,
    dealer_vehicle_decode,
    dealer_vehicle_document_handover,
    dealer_vehicle_markdown_plan,
    dealer_vehicle_shipping_notice,
    dealer_vehicle_shipping_notice_file,
    dealer_vehicle_trade,
)
