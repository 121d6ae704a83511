from . import part_number
