from . import test_repair_money
