"""The one file of a sweep: a DuckDB database with every run, written as results arrive.

    experiment  key, value       what is swept and how, as JSON; decides which runs belong here
    runs        point, seed      the run; then one column for each setting that is varied, what
                                 became of it, what was measured, and its loss curve

Results are added in transactions, so that the file is whole whenever the process ends; any
program that reads DuckDB can query it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from glassnet.core.parameters import Array
from glassnet.errors import InputError
from glassnet.storage.atomic import checked_target, replacing
from glassnet.sweep.plan import Point
from glassnet.sweep.search import Seen
from glassnet.sweep.space import Range, Space
from glassnet.sweep.work import Result
from glassnet.training.run_folder import versions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

FORMAT = 1
FIXED = {
    "point": "INTEGER NOT NULL",
    "seed": "BIGINT NOT NULL",
}
OUTCOME = {
    "stop_reason": "VARCHAR NOT NULL",
    "epochs": "INTEGER NOT NULL",
    "kept_epoch": "INTEGER NOT NULL",
    "final_loss": "DOUBLE",
    "fall": "DOUBLE",
}
ARRAYS = {
    "rung_loss": "DOUBLE[]",
    "curve_epochs": "INTEGER[]",
    "curve_loss": "DOUBLE[]",
    "parameters": "DOUBLE[]",
}


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs as columns, in the order of points and seeds; (n_runs,) each.

    `settings` holds the varied settings by name, `measures` what was measured; `curves` the
    epochs and losses of each run.
    """

    point: np.ndarray
    seed: np.ndarray
    settings: dict[str, np.ndarray]
    stop_reason: np.ndarray
    epochs: np.ndarray
    final_loss: Array
    fall: Array
    measures: dict[str, Array]
    curves: list[tuple[np.ndarray, Array]]

    def __len__(self) -> int:
        return len(self.point)


class SweepFile:
    """An open file of a sweep; no other process can open it until it is closed."""

    def __init__(self, path: Path, connection: DuckDBPyConnection) -> None:
        self.path = path
        self._connection = connection
        self.experiment: dict[str, Any] = {
            key: json.loads(value)
            for key, value in connection.execute("SELECT key, value FROM experiment").fetchall()
        }
        self.varied: list[str] = self.experiment["varied"]
        self.measures: list[str] = self.experiment["measures"]

    @classmethod
    def new_or_same(cls, path: Path, experiment: Mapping[str, Any], space: Space) -> Self:
        """The file of that experiment; it is made where there is none.

        Raises InputError for a file of another experiment or of anything else, one that is open
        elsewhere, and a place that cannot be written to.
        """
        if not checked_target(path).exists():
            with replacing(path) as temporary:
                temporary.unlink()  # DuckDB takes no empty file for a new one
                _create(temporary, experiment, space)
        file = cls.open(path)
        try:
            file._refuse_another(experiment)
        except InputError:
            empty = not len(file.done())
            file.close()
            if not empty:
                raise
            path.unlink()  # it was begun, and refused before anything was trained
            return cls.new_or_same(path, experiment, space)
        return file

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Self:
        """The file as it is. Raises InputError if it is no file of a sweep, or open elsewhere."""
        import duckdb

        if not path.is_file():
            raise InputError(f"There is no file {str(path)!r:.200}: name the file of a sweep.")
        try:
            connection = duckdb.connect(path, read_only=read_only)
        except duckdb.Error as error:
            raise _refused(path, error) from None
        try:
            file = cls(path, connection)
        except (duckdb.Error, KeyError, ValueError):
            connection.close()
            raise InputError(
                f"{str(path)!r:.200} is a database, but not one that glassnet sweep made: name "
                "another "
                "file."
            ) from None
        if file.experiment.get("format") != FORMAT:
            file.close()
            raise InputError(
                f"{str(path)!r:.200} was written by another version of glassnet "
                f"({file.experiment.get('glassnet')}): use that, or name another file."
            )
        return file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let others open it."""
        self._connection.close()

    def set_planned(self, runs: int) -> None:
        """Remember how many runs there are to be, those of earlier requests included."""
        planned = max(runs, len(self.done()))
        self.experiment["planned"] = planned
        self._connection.execute(
            "INSERT OR REPLACE INTO experiment VALUES ('planned', ?)", [json.dumps(planned)]
        )

    def done(self) -> set[tuple[int, int]]:
        """(point, seed) of every run that is in the file."""
        return set(self._connection.execute("SELECT point, seed FROM runs").fetchall())

    def add(self, results: Sequence[Result], points: Mapping[int, Point]) -> None:
        """Add runs, all of them or none. Raises OSError if they cannot be written."""
        import duckdb

        columns = _columns(results, points, self.varied, self.measures)  # noqa: F841  DuckDB reads it by name
        try:
            with _transaction(self._connection):
                self._connection.execute("INSERT INTO runs BY NAME SELECT * FROM columns")
        except duckdb.Error as error:
            reason = str(error).split("\n", maxsplit=1)[0]
            raise OSError(
                f"Runs could not be written to {str(self.path)!r} ({reason}); those before are "
                "kept, and the same command goes on"
            ) from None

    def seen(self, points: Sequence[Point]) -> dict[int, list[Seen]]:
        """Return what a search learns of the runs of each point, in the order of seeds."""
        numbers = [point.number for point in points]
        rows = self._connection.execute(
            f'SELECT point, stop_reason, "{self.experiment["objective"]}", rung_loss FROM runs '
            "WHERE list_contains(?, point) ORDER BY point, seed",
            [numbers],
        ).fetchall()
        seen: dict[int, list[Seen]] = {number: [] for number in numbers}
        for number, reason, loss, rung_loss in rows:
            value = math.nan if reason == "diverged" else loss
            seen[number].append((reason, value, rung_loss or ()))
        return seen

    def runs(self) -> Runs:
        """Every run with its curve."""
        found = self._connection.execute("SELECT * FROM runs ORDER BY point, seed").fetchnumpy()
        values = {name: _plain(column) for name, column in found.items()}
        return Runs(
            point=values["point"],
            seed=values["seed"],
            settings={name: values[name] for name in self.varied},
            stop_reason=values["stop_reason"],
            epochs=values["epochs"],
            final_loss=values["final_loss"],
            fall=values["fall"],
            measures={name: values[name] for name in self.measures},
            curves=list(zip(values["curve_epochs"], values["curve_loss"], strict=True)),
        )

    def _refuse_another(self, experiment: Mapping[str, Any]) -> None:
        """Raise InputError unless the experiment in the file is this one."""
        ours, theirs = experiment["identity"], self.experiment["identity"]
        for what in {**ours, **theirs}:
            if ours.get(what) != theirs.get(what):
                raise InputError(
                    f"{str(self.path)!r:.200} holds another sweep, whose {what.replace('_', ' ')} "
                    f"{_differs(theirs.get(what), ours.get(what))}: name another file with --out."
                )


def _differs(theirs: Any, ours: Any) -> str:
    """How two values differ, where that can be said in few words."""
    texts = ["not set" if value is None else str(value) for value in (theirs, ours)]
    if max(map(len, texts)) > 40:
        return "differ"
    return f"is {texts[0]} there and {texts[1]} here"


def _create(path: Path, experiment: Mapping[str, Any], space: Space) -> None:
    """Write a new file with the experiment and no runs."""
    import duckdb

    facts = {"format": FORMAT, "glassnet": versions()["glassnet"], **experiment}
    settings = {name: _column_type(space, name) for name in experiment["varied"]}
    measures = dict.fromkeys(experiment["measures"], "DOUBLE")
    columns = ", ".join(
        f'"{name}" {kind}'
        for name, kind in {**FIXED, **settings, **OUTCOME, **measures, **ARRAYS}.items()
    )
    try:
        with duckdb.connect(path) as connection, _transaction(connection):
            connection.execute("CREATE TABLE experiment (key VARCHAR PRIMARY KEY, value VARCHAR)")
            connection.executemany(
                "INSERT INTO experiment VALUES (?, ?)",
                [(key, json.dumps(value)) for key, value in facts.items()],
            )
            connection.execute(f"CREATE TABLE runs ({columns}, PRIMARY KEY (point, seed))")
    except duckdb.Error as error:
        raise _refused(path, error) from None


def _column_type(space: Space, name: str) -> str:
    values = space[name]
    if isinstance(values, Range):
        return "BIGINT" if values.whole else "DOUBLE"
    return {str: "VARCHAR", int: "BIGINT", float: "DOUBLE"}[type(values[0])]


@contextmanager
def _transaction(connection: DuckDBPyConnection) -> Iterator[None]:
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _refused(path: Path, error: Exception) -> InputError:
    """Return DuckDB's refusal to open a file as one sentence."""
    said = str(error)
    if "lock" in said or "being used" in said:
        return InputError(
            f"{str(path)!r:.200} is open in another program, which alone may read it then: wait "
            "until "
            "that has ended, or name another file."
        )
    if "not a valid DuckDB" in said:
        return InputError(f"{str(path)!r:.200} is no DuckDB database: name another file.")
    reason = said.split("\n", maxsplit=1)[0].removeprefix("IO Error: ")
    return InputError(f"Cannot open {str(path)!r:.200} ({reason}): name another file.")


def _columns(
    results: Sequence[Result],
    points: Mapping[int, Point],
    varied: Sequence[str],
    measures: Sequence[str],
) -> dict[str, np.ndarray]:
    """Results as columns: DuckDB takes these a hundred times as fast as rows."""
    columns: dict[str, np.ndarray] = {
        name: np.array([getattr(result, name) for result in results])
        for name in (*FIXED, *OUTCOME)
        if name != "stop_reason"
    }
    columns["stop_reason"] = _objects([result.stop_reason.value for result in results])
    for name in varied:
        values = [points[result.point].settings[name] for result in results]
        columns[name] = _objects(values) if isinstance(values[0], str) else np.array(values)
    for name in measures:
        columns[name] = np.array([result.measures[name] for result in results])
    columns["rung_loss"] = _objects([result.rung_loss for result in results])
    columns["curve_epochs"] = _objects([result.curve_epochs for result in results])
    columns["curve_loss"] = _objects([result.curve_loss for result in results])
    columns["parameters"] = _objects([result.parameters for result in results])
    return columns


def _objects(values: Sequence[Any]) -> np.ndarray:
    column = np.empty(len(values), object)
    column[:] = values
    return column


def _plain(column: Any) -> np.ndarray:
    """A column without DuckDB's mask: what is missing of numbers is nan."""
    if isinstance(column, np.ma.MaskedArray):
        return column.filled(np.nan) if column.dtype.kind == "f" else column.data
    return np.asarray(column)
