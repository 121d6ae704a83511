from . import booking, labour, payers, warranty
from . import package
