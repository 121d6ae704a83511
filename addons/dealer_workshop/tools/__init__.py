from . import booking, labour, package, payers, warranty
