from . import test_dealer_demo
from . import test_invariants
