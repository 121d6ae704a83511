from . import booking, labour, payers, warranty
from . import package
from . import booking, labour, package, payers, warranty
