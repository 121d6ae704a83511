from . import (
    ageing,
    catalogue,
    column_names,
    comparison,
    label,
    recommendation,
    table_file,
    table_writer,
    vin,
    vin_store,
    vpic,
)
