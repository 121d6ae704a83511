from . import account_move
from . import repair_order
