from . import booking, labour, payers, warranty
