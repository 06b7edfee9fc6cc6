"""A sweep from its request to its file: what is left of it is trained, and written as it comes."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glassnet.engines.compiled import default_threads
from glassnet.errors import InputError, whole_number
from glassnet.pipeline.request import Request
from glassnet.sweep import plan
from glassnet.sweep.executors import Cluster, Here, Processes, Runner
from glassnet.sweep.plan import Point, Task
from glassnet.sweep.problem import Problem, read_problem
from glassnet.sweep.search import SAMPLERS, Search
from glassnet.sweep.space import Range, Space, Value, described
from glassnet.sweep.store import SweepFile
from glassnet.sweep.work import Result
from glassnet.training.many_starts import can_be_many
from glassnet.training.progress import ProgressBar
from glassnet.training.signals import ctrl_c_sets

MANY_SEEDS = 64  # of a point, from which on all threads are busy with it here
TASKS = 16  # a worker, at least, where there are runs enough: so that all end at about one time
LONGEST_TASK = 16  # runs; what they come to is written when all of them are done
CURVE_BYTES = 2**27  # of the losses of a task, before they are thinned
WRITE_SECONDS = 0.25  # between transactions


@dataclass(frozen=True)
class SweepRequest:
    """The request of a sweep: seeds x settings, on the data of a request to `glassnet train`.

    `points` is how many combinations a search other than the grid draws, and `search_seed`
    decides which. `where` is "auto" for this machine as it serves best, "processes", or the
    address of a Dask cluster, "local" for one on this machine.

    Raises InputError for a search that is not known or does not fit the space.
    """

    request: Request
    seeds: tuple[int, ...]
    space: Space
    search: str = "grid"
    points: int | None = None
    search_seed: int = 0
    pruning: bool = True
    keep_parameters: bool = False
    where: str = "auto"

    def __post_init__(self) -> None:
        if self.search not in ("grid", "random", *SAMPLERS):
            known = ", ".join(("grid", "random", *SAMPLERS))
            raise InputError(f"Unknown search {self.search!r:.80}: choose one of {known}.")
        if self.search == "grid" and self.points is not None:
            raise InputError(
                "A grid has as many points as it has combinations: leave out --points, or choose "
                "--search random or tpe."
            )
        if self.search != "grid" and not self.space:
            raise InputError(
                f"--search {self.search} needs settings to draw, such as --set "
                "learning_rate=0.01..1:log."
            )
        whole_number("points", self.n_points, 1)
        whole_number("search_seed", self.search_seed, 0)

    @property
    def n_points(self) -> int:
        """How many combinations there will be."""
        if self.search == "grid":
            return len(plan.grid(self.space))
        return 50 if self.points is None else self.points

    @property
    def learns(self) -> bool:
        """Whether later points depend on the results of earlier ones."""
        return self.search in SAMPLERS

    def fixed_points(self) -> list[Point]:
        """Every point of a grid or of random draws."""
        if self.search == "grid":
            return plan.grid(self.space)
        return plan.drawn(self.space, self.n_points, self.search_seed)

    def experiment(self, problem: Problem) -> dict[str, Any]:
        """The description in the file; its "identity" decides whether the file can be continued.

        More seeds or points are the same experiment, unless the search learns from them.
        """
        by_search: dict[str, Any] = {"search": self.search}
        if self.search != "grid":
            by_search["search seed"] = self.search_seed
        if self.learns:
            by_search |= {"seeds": list(self.seeds), "pruning": self.pruning}
        return {
            "data": problem.name,
            "rows": len(problem.training.X),
            "rows_held_out": 0 if problem.held_out is None else len(problem.held_out.X),
            "features": problem.training.X.shape[1],
            "loss": problem.loss,
            "objective": problem.objective,
            "score": problem.score,
            "goal": None if "stop_below" in self.space else problem.request["stop_below"],
            "has_goal": "stop_below" in self.space or problem.request["stop_below"] is not None,
            "measures": problem.measures,
            "varied": list(self.space),
            "space": described(self.space),
            "recipe": problem.recipe,
            "identity": {
                **problem.identity(),
                **{f"setting {name}": text for name, text in described(self.space).items()},
                **by_search,
                "parameters kept": self.keep_parameters,
            },
        }


@dataclass
class Watched:
    """How far a sweep is, for who shows it: runs in all, and done, by earlier calls as well."""

    total: int
    done: int


def sweep(
    asked: SweepRequest,
    out: Path,
    *,
    verbose: bool = True,
    begins: Callable[[Watched], None] = lambda _: None,
) -> bool:
    """Train every run that the file `out` does not hold yet, and write it there.

    On a terminal and in a notebook progress is shown, unless `verbose` is false; `begins` gets the
    number of runs. Returns whether all are done; False after Ctrl-C.

    Raises InputError for a request, data or a file that will not do, with nothing lost.
    """
    stop = threading.Event()
    with tempfile.TemporaryDirectory(prefix="glassnet-") as place:
        problem = read_problem(asked.request, Path(place))
        _check(asked, problem)
        with (
            ctrl_c_sets(stop),
            _runner(asked, problem, stop) as runner,  # first: it may not be there
            SweepFile.new_or_same(out, asked.experiment(problem), asked.space) as file,
        ):
            file.set_planned(asked.n_points * len(asked.seeds))
            sweeping = _Sweeping(asked, problem, file, runner)
            watched = Watched(sweeping.total, len(sweeping.done))
            begins(watched)
            with ProgressBar(
                "run {:,} of {:,}", watched.total, watched.done, verbose=verbose
            ) as bar:
                for _ in sweeping.run():
                    bar.see(sweeping.done.__len__)
            return not stop.is_set()


class _Sweeping:
    """A sweep under way: which runs its file holds, and which come next."""

    def __init__(
        self, asked: SweepRequest, problem: Problem, file: SweepFile, runner: Runner
    ) -> None:
        self._asked, self._problem, self._file, self._runner = asked, problem, file, runner
        self.total = asked.n_points * len(asked.seeds)
        wanted = set(asked.seeds)
        self.done = {
            (point, seed)
            for point, seed in file.done()
            if point < asked.n_points and seed in wanted
        }

    def run(self) -> Iterator[int]:
        """Train and write what is left; yields how many runs are done."""
        if self._asked.learns:
            yield from self._searched()
        else:
            points = self._asked.fixed_points()
            yield from self._trained(points, self._tasks(points))

    def _tasks(self, points: Sequence[Point]) -> Iterator[Task]:
        asked = self._asked
        epochs = max(self._problem.setup(p.settings).settings.max_epochs for p in points)
        fit = max(CURVE_BYTES // (8 * epochs), 1)
        at_once = min(fit, len(asked.seeds))
        if not isinstance(self._runner, Here):
            at_once = min(at_once, LONGEST_TASK, self.total // (TASKS * default_threads()) or 1)
        return plan.tasks(points, asked.seeds, self.done, at_once)

    def _searched(self) -> Iterator[int]:
        """Train generation by generation; those in the file are replayed, not trained."""
        asked = self._asked
        search = Search(asked.space, asked.search, asked.search_seed, pruning=asked.pruning)
        for points in search.generations(asked.n_points):
            if asked.pruning:  # the seeds of a point go together
                so_far = search.so_far()
                left = [p for p in points if (p.number, asked.seeds[0]) not in self.done]
                tasks = iter([Task(point, asked.seeds, so_far) for point in left])
            else:
                tasks = self._tasks(points)
            yield from self._trained(points, tasks)
            seen = self._file.seen(points)
            if any(len(seen[point.number]) < len(asked.seeds) for point in points):
                return  # it was asked to stop
            search.tell(points, seen)

    def _trained(self, points: Sequence[Point], tasks: Iterable[Task]) -> Iterator[int]:
        """Have the tasks done, and write what comes of them now and then."""
        by_number = {point.number: point for point in points}
        waiting: list[Result] = []
        written = time.monotonic()
        try:
            for results in self._runner.done(tasks):
                waiting += results
                self.done |= {(result.point, result.seed) for result in results}
                if time.monotonic() - written > WRITE_SECONDS:
                    self._write(waiting, by_number)
                    written = time.monotonic()
                yield len(self.done)
        finally:
            self._write(waiting, by_number)

    def _write(self, waiting: list[Result], points: Mapping[int, Point]) -> None:
        if waiting:
            self._file.add(waiting, points)
            waiting.clear()


def _check(asked: SweepRequest, problem: Problem) -> None:
    """Raise InputError unless every point makes a training, as far as the points are known."""
    if not asked.learns:
        for point in asked.fixed_points():
            problem.setup(point.settings)
        return
    firsts = {name: _values(values)[0] for name, values in asked.space.items()}
    for name, values in asked.space.items():
        for value in _values(values):
            problem.setup({**firsts, name: value})


def _values(values: tuple[Value, ...] | Range) -> tuple[Value, ...]:
    return (values.at(0.0), values.at(1.0)) if isinstance(values, Range) else values


def _runner(asked: SweepRequest, problem: Problem, stop: threading.Event) -> Runner:
    """Return the best executor: all threads at one task where they can share it, or processes."""
    keep = asked.keep_parameters
    if asked.where not in ("auto", "processes"):
        return Cluster(asked.where, problem, stop, keep=keep)
    if asked.where == "auto" and not asked.learns:
        points = asked.fixed_points()
        shared = len(points) == 1 or len(asked.seeds) >= MANY_SEEDS
        if shared and all(can_be_many(problem.setup(point.settings).settings) for point in points):
            return Here(problem, stop, keep=keep)
    return Processes(problem, stop, keep=keep)
