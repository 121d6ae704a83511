from . import test_part_number
from . import test_product_template
from . import test_stock_warehouse_orderpoint
