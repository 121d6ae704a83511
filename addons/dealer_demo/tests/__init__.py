from . import test_dealer_demo
from . import test_demo_loan
from . import test_demo_results
from . import test_invariants
