from . import repair_order_rework, repair_order_sign
