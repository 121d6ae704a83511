from . import (
    test_access_rights,
    test_dealer_appointment,
    test_dealer_job,
    test_hand_over,
    test_labour,
    test_order_extra_work,
    test_parts_issue,
    test_repair_order_flow,
    test_repair_order_screens,
    test_settlement,
    test_settlement_queries,
    test_system_fields,
)
