from . import account_move_line
from . import account_move
from . import account_payment
from . import dealer_vehicle
from . import stock_move
from . import stock_valuation_adjustment_lines
from . import sale_order_line
