from . import booking, labour, payers, warranty
from . import labour, package
from . import labour, payers
from . import labour, warranty
