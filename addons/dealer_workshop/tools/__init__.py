from . import labour
