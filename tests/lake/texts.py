"""Tables whose texts were read as the file stores them, as plain tables."""

from typing import Any

import pyarrow as pa


def spelt(table: pa.Table) -> pa.Table:
    """Return the table with dictionary-encoded texts spelt out."""
    for place, name in enumerate(table.column_names):
        column: Any = table.column(place)
        if pa.types.is_dictionary(column.type):
            table = table.set_column(place, name, column.cast(column.type.value_type))
    return table
