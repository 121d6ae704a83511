from . import dealer_export, dealer_job_answer, repair_order_rework, repair_order_sign
