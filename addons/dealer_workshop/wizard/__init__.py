from . import dealer_appointment_choice, dealer_job_answer, repair_order_rework, repair_order_sign
