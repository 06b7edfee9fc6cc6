"""Opening a table: what kind of source it is, and its columns and rows in DuckDB.

DuckDB works within a bounded memory, keeps what is more in a temporary folder, and can reach
neither the network nor any file but the one that was named. Text files, JSON, databases and data
frames are copied into it, for only then have rows a fixed order and a number each; Parquet has
both and is read in place.
"""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
import zlib
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glassnet.errors import InputError
from glassnet.tables import spreadsheet_source
from glassnet.tables.columns import TableColumn
from glassnet.tables.database_source import open_duckdb, open_sqlite
from glassnet.tables.frame_source import frame_layout, open_frame
from glassnet.tables.frames import Frame
from glassnet.tables.json_layouts import as_lines
from glassnet.tables.json_source import open_json
from glassnet.tables.layouts import Across, Rows, first_line
from glassnet.tables.parquet_source import describe_parquet
from glassnet.tables.reading import Reading
from glassnet.tables.sql_text import literal
from glassnet.tables.staging import AS_FOUND, How, understood_table
from glassnet.tables.standard_input import DASH, NAME, looks_like_json, standard_input
from glassnet.tables.table import Table
from glassnet.tables.text_source import open_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_THREADS = 8
_DELIMITED = ([".csv"], [".tsv"], [".tab"])
_GLOB = "*?["


def open_table(
    source: Any,
    *,
    table: str | None = None,
    query: str | None = None,
    memory: str = "500MB",
    how: How | None = None,
    **options: Any,
) -> Table:
    """Open a table: a file, a folder or pattern of Parquet files, or a data frame in memory.

    Files: .csv, .tsv and other delimited text, .json and .jsonl, each also as .gz; spreadsheets,
    .xlsx, .xls and .ods; .parquet; a DuckDB or SQLite file with its `table` or a `query` on it;
    and "-", standard input. The content decides before the name's ending does. Data frames: those
    of pandas, polars, pyarrow and whatever Narwhals knows.

    `how`, or fields of `Reading` as `options`, say how the table is written; what is left out is
    found out, or is as in the table of a model. `memory` is what DuckDB may use at most; what is
    more goes to a temporary folder. Rows keep their order.

    Raises InputError if the source is not there or no table, with the line where it is not, and
    for an option that contradicts it.
    """
    how = how or How(Reading.of(options))
    with ExitStack() as resources:
        folder = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="glassnet-")))
        opener = Opener(resources, folder, memory, how)
        if isinstance(source, str | PathLike):
            opened = opener.path(os.fspath(source), table, query)
        else:
            _refuse_selection("A data frame", table, query)
            opened = opener.frame(source)
        if not opened.rows:
            raise InputError(
                f"{opened.source} has columns but no rows: give at least one row of data."
            )
        opened.keep(resources.pop_all())
    return opened


class Opener:
    """The ways to open a source; all that must be given back later is put into `resources`."""

    def __init__(
        self, resources: ExitStack, folder: Path, memory: str, how: How = AS_FOUND
    ) -> None:
        self.resources = resources
        self.folder = folder
        self.memory = memory
        self.how = how

    def path(self, name: str, table: str | None, query: str | None) -> Table:
        """A file, a folder or pattern of Parquet files, or "-", standard input."""
        if name == DASH:
            return self.file(standard_input(), NAME, table, query)
        path = Path(name)
        if path.is_dir() or not path.exists():
            _refuse_selection(name, table, query)
            return self.parquet(parquet_files(name), name)
        return self.file(path, name, table, query)

    def file(self, path: Path, name: str, table: str | None, query: str | None) -> Table:
        """A file, whose name in sentences is the given one."""
        path, start = self._unpacked(path)
        kind = _kind(Path(name), start)
        if kind in ("duckdb", "sqlite"):
            return self.database(path, kind, table, query)
        _refuse_selection(name, table, query)
        if kind == "parquet":
            return self.parquet([path], name)
        if kind == "spreadsheet":
            self.how.check_applies(name, "spreadsheet")
            return spreadsheet_source.open_spreadsheet(self._connection([]), path, name, self.how)
        if kind == "json":
            self.how.check_applies(name, "json")
            path, notes = as_lines(path, name, self.folder, self.how.reading.key)
            connection = self._connection([path])
            return open_json(connection, self._safe(path), name, self.how, notes)
        self.how.check_applies(name, "text")
        connection = self._connection([path])
        return open_text(connection, self._safe(path), path, name, self.how)

    def frame(self, source: Any) -> Table:
        """A data frame in memory."""
        return open_frame(self._connection([]), source, self.how)

    def rows_of_frame(self, source: Any, texts: Sequence[str] = ()) -> Across:
        """The rows of a data frame; the columns named in `texts` are texts, whatever they hold."""
        return frame_layout(self._connection([]), Frame(source), texts)

    def database(self, path: Path, kind: str, table: str | None, query: str | None) -> Table:
        """A table of a database, or a query on it."""
        self.how.check_applies(path.name, "database")
        if table is not None and query is not None:
            raise InputError("Give the name of a table or a query, not both.")
        # The rows of a query come in the same order every time with one thread only.
        connection = self._connection([path, path.with_name(f"{path.name}.wal")], threads=1)
        if kind == "duckdb":
            return open_duckdb(connection, self._safe(path), path.name, table, query, self.how)
        return open_sqlite(connection, path, table, query, self.how)

    def parquet(self, files: Sequence[Path], name: str) -> Table:
        """Parquet files, read in place."""
        self.how.check_applies(name, "parquet")
        connection = self._connection(files)
        counts, columns = describe_parquet(connection, [self._safe(p) for p in files], files)
        number = "file_row_number"
        parts = [
            Rows(f"read_parquet({literal(self._safe(p))}, {number} = true)", number, n)
            for p, n in zip(files, counts, strict=True)
        ]

        layout = Across(connection, name, parts)
        place = partial(place_in, files, counts)
        return understood_table(name, columns, layout, place, self.how)

    def parquet_columns(self, files: Sequence[Path]) -> tuple[list[int], list[TableColumn]]:
        """How many rows each Parquet file has, and the columns that all have."""
        return describe_parquet(self._connection(files), [self._safe(p) for p in files], files)

    def rows_of(self, path: Path, first: int, count: int) -> Across:
        """So many rows of a Parquet file, from one on."""
        connection = self._connection([path], threads=1)
        number = "file_row_number"
        relation = (
            f"(SELECT * FROM read_parquet({literal(self._safe(path))}, {number} = true) "
            f"WHERE {number} >= {first} AND {number} < {first + count})"
        )
        return Across(connection, str(path), [Rows(relation, number, count, first)])

    def _connection(self, files: Sequence[Path], threads: int = MOST_THREADS) -> DuckDBPyConnection:
        """DuckDB in memory, that may read these files only."""
        import duckdb

        try:
            connection = duckdb.connect(
                config={
                    "memory_limit": self.memory,
                    "threads": min(threads, os.cpu_count() or 1),
                    "temp_directory": str(self.folder),
                    "enable_external_file_cache": False,  # the operating system has one
                    "autoinstall_known_extensions": False,
                    "autoload_known_extensions": False,
                    "allow_community_extensions": False,
                }
            )
        except duckdb.Error as error:
            raise InputError(
                f"memory must be a size such as '500MB', not {self.memory!r:.80}: "
                f"{first_line(error)}"
            ) from None
        self.resources.callback(connection.close)
        paths = ", ".join(literal(self._safe(path)) for path in files)
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET python_enable_replacements = false")  # nor a caller's variables
        connection.execute(f"SET allowed_paths = [{paths}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        return connection

    def _safe(self, path: Path) -> str:
        """A name for the file in which DuckDB finds no pattern."""
        absolute = str(path.absolute())
        if not any(sign in absolute for sign in _GLOB):
            return absolute
        link = self.folder / f"{path.absolute().as_posix().encode().hex()[-200:]}{path.suffix}"
        if not link.is_symlink():
            link.symlink_to(absolute)
        return str(link)

    def _unpacked(self, path: Path) -> tuple[Path, bytes]:
        """The file, unpacked if it is a .gz, and its first bytes."""
        try:
            with path.open("rb") as file:
                start = file.read(16)
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}.") from None
        if not start.startswith(b"\x1f\x8b"):
            return path, start
        plain = self.folder / "unpacked"
        try:
            # Python's, because it looks at the checksum, and DuckDB does not.
            with gzip.open(path) as packed, plain.open("wb") as file:
                shutil.copyfileobj(packed, file, 2**20)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(
                f"{path} is cut short or damaged ({str(error).rstrip('.')}): get the file again."
            ) from None
        with plain.open("rb") as file:
            return plain, file.read(16)


def _refuse_selection(name: str, table: str | None, query: str | None) -> None:
    if table is not None or query is not None:
        raise InputError(f"{name} is no database: a table or a query can be chosen in one only.")


def place_in(files: Sequence[Path], counts: Sequence[int], row: int) -> str:
    """The file in which a row stands, counted from 0 over all files, and where in it."""
    for path, count in zip(files, counts, strict=True):
        if row < count:
            return f"{path.name}, row {row + 1}"
        row -= count
    raise IndexError(row)


def parquet_files(name: str) -> list[Path]:
    """The Parquet file of this name, those in a folder, or those that fit a pattern."""
    path = Path(name)
    if path.is_file():
        return [path]
    if path.is_dir():
        files = sorted(path.glob("*.parquet"))
        if not files:
            raise InputError(f"{name} is a folder without .parquet files: name a file.")
        return files
    files = (
        sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor)))) if _pattern(name) else []
    )
    if not files:
        raise InputError(f"There is no file {name}: look at the name and the folder.")
    return files


def _pattern(name: str) -> bool:
    return any(sign in name for sign in _GLOB)


def _kind(path: Path, start: bytes) -> str:
    """What the file is by its first bytes, and where they do not say by its name."""
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith(b"SQLite format 3"):
        return "sqlite"
    if start[8:12] == b"DUCK":
        return "duckdb"
    if start.startswith(spreadsheet_source.SIGNATURES):
        return "spreadsheet"
    ending = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"][-1:]
    if ending in ([".parquet"], [".duckdb"], [".db"], [".sqlite"], [".sqlite3"]):
        raise InputError(f"{path} is no {ending[0]} file, whatever its name says, or is damaged.")
    if ending in ([".json"], [".jsonl"], [".ndjson"]):
        return "json"
    return "json" if ending not in _DELIMITED and looks_like_json(start) else "text"
