from . import test_dealer_appointment, test_dealer_job, test_labour, test_parts_issue, test_repair_order_flow, test_settlement
