from . import account_chart_template
from . import product_category
from . import product_product
from . import product_template
from . import stock_warehouse_orderpoint
