from . import test_contract_money
from . import test_trade_in_car
