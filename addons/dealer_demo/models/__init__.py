from . import dealer_demo
from . import dealer_demo_catalogue
from . import dealer_demo_company
from . import dealer_demo_damage
from . import dealer_demo_deliv
from . import dealer_demo_parts
from . import dealer_demo_people
from . import dealer_demo_sales
from . import dealer_demo_econ
from . import dealer_demo_offers
from . import dealer_demo_insurance
from . import dealer_demo_leads
from . import dealer_demo_specification
from . import dealer_demo_stock
from . import dealer_demo_traffic
from . import dealer_demo_use
from . import dealer_demo_used
from . import dealer_demo_trade
from . import dealer_demo_user
from . import dealer_demo_order
from . import dealer_demo_workshop
from . import dealer_demo_yesterday
from . import dealer_demo_booking
from . import dealer_demo_work
from . import dealer_demo_claims
from . import dealer_demo_acts
from . import dealer_demo_aftercare
from . import dealer_demo_due
from . import dealer_demo_fleet

from . import dealer_demo_loan

# After all that sell: it looks at what was sold
from . import dealer_demo_results  # isort: skip
from . import dealer_demo_trade_in
from . import dealer_demo_bill
