from . import labour, package
