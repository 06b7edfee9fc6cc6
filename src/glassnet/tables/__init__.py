"""Tables from anywhere - files, databases, data frames - as samples to train on and predict for.

`open_table` finds out columns, types and rows; `fit_recipe` decides how they become numbers;
`load` and `stream` make those numbers, in memory or in files, in bounded memory.
"""

from glassnet.tables.columns import TableColumn
from glassnet.tables.encoding import EncodedRows, Streamed, load, stream, values
from glassnet.tables.fitting import fit_recipe
from glassnet.tables.opening import open_table
from glassnet.tables.split import validation_rows
from glassnet.tables.table import Table

__all__ = [
    "EncodedRows",
    "Streamed",
    "Table",
    "TableColumn",
    "fit_recipe",
    "load",
    "open_table",
    "stream",
    "validation_rows",
    "values",
]
