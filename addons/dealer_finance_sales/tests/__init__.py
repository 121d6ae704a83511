from . import test_contract_money
