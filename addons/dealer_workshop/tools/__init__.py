from . import labour, payers
from . import labour, warranty
