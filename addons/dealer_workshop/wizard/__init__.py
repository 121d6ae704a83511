from . import account_accrued_orders, dealer_job_answer, repair_order_rework, repair_order_sign
