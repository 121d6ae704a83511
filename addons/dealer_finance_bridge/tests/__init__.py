from . import test_cash_desk
from . import test_dealer_vehicle_ledger
from . import test_journal_items
