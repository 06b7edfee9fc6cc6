"""The runs of a sweep: which there are, in which order, and by what each is known.

A point is one combination of settings; a run is a point and a seed. The same request numbers its
points alike wherever and whenever it runs, so that a run is known by (point, seed) for ever.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from glassnet.errors import InputError
from glassnet.sweep.space import Range, Space, Value

MOST_POINTS = 100_000


@dataclass(frozen=True)
class Point:
    """One combination of settings, by the number that it has in its sweep."""

    number: int
    settings: Mapping[str, Value]


@dataclass(frozen=True)
class Task:
    """Runs to be done in one go: one point from some seeds.

    With a `search` so far, the runs are given up together where they are worse than most of it.
    """

    point: Point
    seeds: tuple[int, ...]
    search: bytes | None = None


MOST_SEEDS = 10_000_000
LARGEST_SEED = 2**63 - 1  # that the file can hold


def read_seeds(text: str) -> tuple[int, ...]:
    """The seeds in "1000", the first so many from 0, in "500..999", both included, or in "3,5".

    Raises InputError for anything else.
    """
    text = text.strip()
    if re.fullmatch(r"[0-9]+", text):
        seeds: Sequence[int] = range(int(text))
    elif match := re.fullmatch(r"([0-9]+)\.\.([0-9]+)", text):
        seeds = range(int(match[1]), int(match[2]) + 1)
    elif re.fullmatch(r"[0-9]+(,[0-9]+)+,?|[0-9]+,", text):
        seeds = tuple(int(seed) for seed in text.rstrip(",").split(","))
    else:
        seeds = ()
    if len(seeds) > MOST_SEEDS or (seeds and max(seeds) > LARGEST_SEED):
        raise InputError(
            f"A sweep takes at most {MOST_SEEDS:,} seeds, none above {LARGEST_SEED}: give fewer."
        )
    if not seeds or len(set(seeds)) < len(seeds):
        raise InputError(
            f"--seeds takes how many, such as 1000, a range such as 500..999, or a list such as "
            f"3,5,8, not {text!r:.80}."
        )
    return tuple(seeds)


def grid(space: Space) -> list[Point]:
    """Every combination of the values, the last setting changing fastest.

    Raises InputError for a range, and for more combinations than can be looked through.
    """
    lists = []
    for name, values in space.items():
        if isinstance(values, Range):
            raise InputError(
                f"A grid needs values of {name} and not the range {values}: list them with commas, "
                "or draw from the range with --search random or tpe."
            )
        lists.append(values)
    n_points = int(np.prod([len(values) for values in lists], dtype=object))
    if n_points > MOST_POINTS:
        raise InputError(
            f"The grid has {n_points:,} combinations, and {MOST_POINTS:,} are the most: give "
            "fewer values, or draw some with --search random."
        )
    return [
        Point(number, dict(zip(space, values, strict=True)))
        for number, values in enumerate(itertools.product(*lists))
    ]


def drawn(space: Space, n_points: int, seed: int) -> list[Point]:
    """Draw so many combinations at random; a longer draw begins with the same."""
    return [Point(number, _drawn(space, number, seed)) for number in range(n_points)]


def _drawn(space: Space, number: int, seed: int) -> dict[str, Value]:
    # A stream of its own for each point, apart from those of trainings.
    generator = np.random.default_rng([seed, 3, number])
    return {
        name: values.at(generator.random())
        if isinstance(values, Range)
        else values[int(generator.integers(len(values)))]
        for name, values in space.items()
    }


def tasks(
    points: Sequence[Point], seeds: Sequence[int], done: set[tuple[int, int]], at_once: int
) -> Iterator[Task]:
    """The runs that are not done, at most `at_once` seeds a task: all points from the first
    seeds, then from the next, so that a sweep that is stopped has seen all of them.
    """
    for first in range(0, len(seeds), at_once):
        part = seeds[first : first + at_once]
        for point in points:
            left = tuple(seed for seed in part if (point.number, seed) not in done)
            if left:
                yield Task(point, left)
