from . import dealer_appointment_choice, dealer_call_answer, dealer_job_answer, repair_order_rework, repair_order_sign
from . import repair_order_collect, repair_order_reverse
from . import (
    account_accrued_orders,
    dealer_export,
)
