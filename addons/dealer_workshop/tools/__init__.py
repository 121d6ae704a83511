from . import labour, warranty
