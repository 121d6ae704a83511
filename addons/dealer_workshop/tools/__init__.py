from . import labour, package
from . import labour, warranty
