from . import booking, labour
