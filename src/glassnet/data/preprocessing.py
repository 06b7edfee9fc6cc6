"""How the columns of a table become the numbers a network computes with, and its outputs values.

A recipe is a frozen description made of elementary formulas only, so that a model file keeps it
as JSON and every export repeats it: v -> (v - mean)/scale and pieces of lines for numbers, 0/1
for categories and missing values, sines and cosines for the seasons of a date. All encoding is by
rows: encoding a table part by part gives the same as all at once.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np

from glassnet.core.elementary import cos, sin
from glassnet.core.parameters import Array
from glassnet.errors import InputError, instance_of
from glassnet.storage import strict_json

DAYS_A_YEAR = 365.2425
DAYS_A_WEEK = 7.0
_DAY = np.timedelta64(86_400_000_000, "us")
Class = str | int | float | bool
Part = TypeVar("Part")


@dataclass(frozen=True, eq=False)
class Coded:
    """Texts (n,) by their numbers: row i holds `texts[codes[i]]`, or nothing where that is -1.

    Whoever knows the different texts of a column spares the recipe to look at every row.
    `np.asarray` gives them one by one, None where there is nothing.
    """

    texts: tuple[str, ...]
    codes: np.ndarray

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: np.ndarray | slice) -> Coded:
        return Coded(self.texts, self.codes[rows])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """The texts as an array of objects."""
        # None comes last, where the code -1 finds it.
        return np.array([*self.texts, None], object)[self.codes]


Values = np.ndarray | Coded


@dataclass(frozen=True)
class NumericColumn:
    """x = (v - mean)/scale; a missing v is `fill`. With `has_missing` 0/1 says if it was.

    With a `limit` c > 0 x is u/sqrt(1 + (u/c)^2) of that u, which stays between -c and c and is u
    near 0. Each interval between two `knots`, lo and hi, is a further feature,
    min(max((v - lo)/(hi - lo), 0), 1): a line that a network bends at every knot.

    References
    ----------
    Gorishniy, Rubachev, Babenko 2022, On embeddings for numerical features in tabular deep
    learning; Holzmueller, Grinsztajn, Steinwart 2024, Better by default (the smooth limit).
    """

    name: str
    mean: float
    scale: float
    fill: float
    has_missing: bool
    limit: float = 0.0
    knots: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        _check_name(self.name)
        _check_finite(self.name, mean=self.mean, fill=self.fill, limit=self.limit)
        _check_scale(self.name, self.scale)
        _check_flag("has_missing", self.name, self.has_missing)
        if self.limit < 0:
            raise InputError(f"limit of column {self.name!r:.80} must be from 0, not {self.limit}.")
        if not isinstance(self.knots, tuple) or len(self.knots) == 1:
            raise InputError(f"Column {self.name!r:.80} must have no knots or two at least.")
        for knot in self.knots:
            _check_finite(self.name, knot=knot)
        for lo, hi in self.intervals:
            _check_scale(self.name, hi - lo)

    @property
    def intervals(self) -> list[tuple[float, float]]:
        """Each two neighbouring knots."""
        return list(pairwise(self.knots))

    @property
    def feature_names(self) -> list[str]:
        """One for each column of X that this column becomes."""
        pieces = [f"{self.name}, {lo:.6g} to {hi:.6g}" for lo, hi in self.intervals]
        return [self.name, *pieces, *_missing_name(self)]

    def encode(self, values: Values) -> Array:
        """Values (n,), NaN or None where missing, as features (n, n_features)."""
        return _encoded(self, values)

    def write(self, values: Values, x: Array) -> None:
        """Encode into x (n, n_features), which holds zeros."""
        v, missing = _filled(self.name, values, self.fill)
        u = (v - self.mean) / self.scale
        x[:, 0] = u / np.hypot(1, u / self.limit) if self.limit else u
        for i, (lo, hi) in enumerate(self.intervals, 1):
            x[:, i] = np.clip((v - lo) / (hi - lo), 0, 1)
        if self.has_missing:
            x[:, -1] = missing


@dataclass(frozen=True)
class BooleanColumn:
    """x = 2 v - 1 for v of 0 or 1, and 0 where v is missing; `has_missing` as for numbers.

    `fill` is that 0: what stands for a missing value, between no, -1, and yes, +1.
    """

    name: str
    fill: float
    has_missing: bool

    def __post_init__(self) -> None:
        _check_name(self.name)
        _check_finite(self.name, fill=self.fill)
        _check_flag("has_missing", self.name, self.has_missing)

    @property
    def feature_names(self) -> list[str]:
        """One for each column of X that this column becomes."""
        return [self.name, *_missing_name(self)]

    def encode(self, values: Values) -> Array:
        """Values (n,) of False, True, 0, 1, NaN or None as features (n, n_features)."""
        return _encoded(self, values)

    def write(self, values: Values, x: Array) -> None:
        """Encode into x (n, n_features), which holds zeros."""
        v, missing = _filled(self.name, values, 0.0)
        wrong = np.flatnonzero((v != 0) & (v != 1))
        if len(wrong):
            raise InputError(
                f"Column {self.name!r:.80} holds {v[wrong[0]]:g} at row {wrong[0]} (counted from "
                "0) "
                "where 0 or 1, False or True is expected."
            )
        x[:, 0] = np.where(missing, self.fill, 2 * v - 1)
        if self.has_missing:
            x[:, 1] = missing


@dataclass(frozen=True)
class CategoryColumn:
    """One 0/1 feature for each category, in their order; all are 0 for one that is not among them.

    With `others` those that are not among them, the rare ones, have one feature together. With
    `ordered` a feature is 1 for its category and all above it, so that neighbours are alike.
    A missing value has its own feature with `has_missing`, and without is all zeros as well.
    """

    name: str
    categories: tuple[str, ...]
    has_missing: bool
    others: bool = False
    ordered: bool = False

    def __post_init__(self) -> None:
        _check_name(self.name)
        for name in ("has_missing", "others", "ordered"):
            _check_flag(name, self.name, getattr(self, name))
        if not isinstance(self.categories, tuple) or not self.categories:
            raise InputError(f"Column {self.name!r:.80} of a recipe must list its categories.")
        for category in self.categories:
            _check_text(category, f"A category of column {self.name!r}")
        if len(set(self.categories)) < len(self.categories):
            raise InputError(f"Column {self.name!r:.80} of a recipe lists a category twice.")

    @property
    def feature_names(self) -> list[str]:
        """One for each column of X that this column becomes."""
        sign = ">=" if self.ordered else "="
        others = [f"{self.name} is another"] if self.others else []
        each = [f"{self.name} {sign} {category}" for category in self.categories]
        return [*each, *others, *_missing_name(self)]

    def encode(self, values: Values) -> Array:
        """Texts (n,), None or NaN where missing, as features (n, n_features).

        A value that is no text is compared by its `str`.
        """
        return _encoded(self, values)

    def write(self, values: Values, x: Array) -> None:
        """Encode into x (n, n_features), which holds zeros."""
        coded = _coded(values)
        n = len(self.categories)
        number = {category: i for i, category in enumerate(self.categories)}
        other = n if self.others else -1
        missing = n + self.others if self.has_missing else -1
        # The code -1 finds the last of them.
        feature = np.array([*(number.get(text, other) for text in coded.texts), missing], np.intp)
        chosen = feature[coded.codes]
        known = np.flatnonzero(chosen >= 0)
        x[known, chosen[known]] = 1
        if self.ordered:
            x[:, :n] = np.arange(n) <= np.where(chosen < n, chosen, -1)[:, None]


@dataclass(frozen=True)
class DateColumn:
    """Days d since 1970-01-01, with fractions: (d - mean)/scale and where in the year and week.

    sin and cos of 2 pi d/365.2425, then of 2 pi d/7. A missing date is `fill`, in days;
    `has_missing` as for numbers.
    """

    name: str
    mean: float
    scale: float
    fill: float
    has_missing: bool

    def __post_init__(self) -> None:
        _check_name(self.name)
        _check_finite(self.name, mean=self.mean, fill=self.fill)
        _check_scale(self.name, self.scale)
        _check_flag("has_missing", self.name, self.has_missing)

    @property
    def feature_names(self) -> list[str]:
        """One for each column of X that this column becomes."""
        waves = [f"{wave} of {cycle}" for cycle in ("year", "week") for wave in ("sin", "cos")]
        return [self.name, *(f"{self.name}, {wave}" for wave in waves), *_missing_name(self)]

    def encode(self, values: Values) -> Array:
        """Days or datetime64 (n,), NaN, NaT or None where missing, as (n, n_features)."""
        return _encoded(self, values)

    def write(self, values: Values, x: Array) -> None:
        """Encode into x (n, n_features), which holds zeros."""
        d, missing = _filled(self.name, values, self.fill)
        x[:, 0] = (d - self.mean) / self.scale
        for i, period in enumerate((DAYS_A_YEAR, DAYS_A_WEEK)):
            angle = 2 * np.pi * d / period
            x[:, 1 + 2 * i] = sin(angle)
            x[:, 2 + 2 * i] = cos(angle)
        if self.has_missing:
            x[:, 5] = missing


Column = NumericColumn | BooleanColumn | CategoryColumn | DateColumn


@dataclass(frozen=True)
class Target:
    """The target of a table: one column of classes, or one or several columns of numbers.

    With `classes` y is the number of the class in their order. Without, y = (v - mean)/scale for
    each column, and an output a means the value a * scale + mean.
    """

    names: tuple[str, ...]
    classes: tuple[Class, ...] | None
    mean: tuple[float, ...]
    scale: tuple[float, ...]

    def __post_init__(self) -> None:
        for name in self.names:
            _check_name(name)
        if not self.names or len(set(self.names)) < len(self.names):
            raise InputError("The target of a recipe must name one or several different columns.")
        if self.classes is not None:
            self._check_classes(self.classes)
        n = len(self.names) if self.classes is None else 0
        if len(self.mean) != n or len(self.scale) != n:
            raise InputError(f"The target of a recipe must have {n} means and scales.")
        for mean, scale in zip(self.mean, self.scale, strict=True):
            _check_finite("target", mean=mean)
            _check_scale("target", scale)

    def _check_classes(self, classes: tuple[Class, ...]) -> None:
        if len(self.names) > 1 or len(set(classes)) < max(2, len(classes)):
            raise InputError(
                "A target with classes is one column with at least two, all different."
            )
        for value in classes:
            if type(value) is not type(classes[0]) or not isinstance(value, str | int | float):
                raise InputError("The classes of a target must be all texts, numbers or booleans.")
            if isinstance(value, str):
                _check_text(value, "A class of the target")
            elif not abs(value) < 2**63:
                raise InputError(f"The class {value!r:.80} of the target is not a number in range.")

    def encode(self, columns: Sequence[Values]) -> np.ndarray:
        """y (n,), or (n, n_targets) for several: class numbers, or standardised values.

        Raises InputError for a missing value and for a class that is not among the classes.
        """
        if self.classes is not None:
            y = self.class_numbers(columns[0])
            if y.min(initial=0) < 0:
                _refuse_class(self.names[0], columns[0], y, self.classes)
            return y
        scaled = []
        for name, column, mean, scale in zip(
            self.names, columns, self.mean, self.scale, strict=True
        ):
            v, missing = _filled(name, column, math.nan)
            if missing.any():
                _refuse_missing(name, missing)
            scaled.append((v - mean) / scale)
        return scaled[0] if len(scaled) == 1 else np.column_stack(scaled)

    def class_numbers(self, values: Values) -> np.ndarray:
        """The number (n,) of each value's class, -1 where it is missing or none of them."""
        assert self.classes is not None
        if isinstance(self.classes[0], str):
            coded = _coded(values)
            different: list[Any] = [*coded.texts, None]
            place = coded.codes
        else:
            array = np.asarray(values)
            if array.dtype.kind not in "biuf":
                different, place = array.tolist(), np.arange(len(array))
            else:
                found, place = np.unique(array, return_inverse=True)
                different = found.tolist()
        # False == 0 and 1.0 == 1 have the same hash, so that numbers of any type find their class.
        number = {value: i for i, value in enumerate(self.classes)}
        numbers = np.array([number.get(value, -1) for value in different], np.intp)
        return numbers[place]

    def decode(self, y: np.ndarray) -> np.ndarray:
        """The classes, or the values a * scale + mean, that y (n,) or (n, n_targets) stands for."""
        if self.classes is not None:
            return np.array(self.classes)[np.asarray(y, np.intp)]
        mean, scale = np.array(self.mean), np.array(self.scale)
        return np.asarray(y, np.float64) * scale + mean


@dataclass(frozen=True)
class Recipe:
    """The columns of a table that become X, in this order, and the target that becomes y.

    `reading` says how the texts of its table were read, as JSON values, so that later tables are
    read alike: see `glassnet.tables.conventions`. Raises InputError if two columns have one name,
    or the target is among them.
    """

    columns: tuple[Column, ...]
    target: Target
    reading: Mapping[str, Any] | None = field(default=None, hash=False)

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if not names:
            raise InputError("A recipe must have at least one column.")
        twice = [name for name, n in Counter([*names, *self.target.names]).items() if n > 1]
        if twice:
            raise InputError(f"Column {twice[0]!r:.80} stands in a recipe twice.")

    @property
    def n_features(self) -> int:
        """How many columns X has."""
        return len(self.feature_names)

    @property
    def feature_names(self) -> list[str]:
        """One for each column of X."""
        return [name for column in self.columns for name in column.feature_names]

    def encode(self, values: Mapping[str, Values]) -> Array:
        """The columns by name, each (n,), as X (n, n_features); others are ignored.

        Raises InputError if columns are missing, or a value is not of its column's kind.
        """
        columns = _columns(values, [column.name for column in self.columns])
        X = np.zeros((len(columns[0]), self.n_features))
        end = 0
        for column, v in zip(self.columns, columns, strict=True):
            first, end = end, end + len(column.feature_names)
            column.write(v, X[:, first:end])
        return X

    def encode_target(self, values: Mapping[str, Values]) -> np.ndarray:
        """The target's columns by name as y: see `Target.encode`."""
        return self.target.encode(_columns(values, list(self.target.names)))

    def unfamiliar(self, values: Mapping[str, Values]) -> Counter[tuple[str, str | None]]:
        """How often each (column, value) occurs that training never saw, None for missing.

        Such a category is encoded as all zeros, such a missing value as the column's `fill`.
        """
        found: Counter[tuple[str, str | None]] = Counter()
        for column in self.columns:
            if isinstance(column, CategoryColumn):
                coded = _coded(values[column.name])
                known = set(column.categories)
                counts = np.bincount(coded.codes + 1, minlength=len(coded.texts) + 1).tolist()
                for text, count in zip((None, *coded.texts), counts, strict=True):
                    if text not in known and not (text is None and column.has_missing):
                        found[column.name, text] += 0 if text and column.others else count
            elif not column.has_missing:
                missing = np.isnan(_floats(column.name, values[column.name]))
                found[column.name, None] += int(missing.sum())
        return +found

    def to_json(self) -> str:
        """The recipe as JSON; `from_json` gives an equal one back."""
        columns = [{"kind": _KIND_OF[type(c)], **_described(c)} for c in self.columns]
        recipe: dict[str, Any] = {"columns": columns, "target": asdict(self.target)}
        if self.reading is not None:
            recipe["reading"] = dict(self.reading)
        return json.dumps(recipe, allow_nan=False, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """The recipe that `to_json` wrote. Raises InputError for anything else."""
        try:
            data = strict_json.loads(text)
        except (ValueError, TypeError) as error:
            raise InputError(f"The recipe is not valid JSON ({error}).") from None
        reading = data.pop("reading", None) if isinstance(data, dict) else None
        _check_keys(data, {"columns", "target"}, "recipe")
        if reading is not None and not isinstance(reading, dict):
            raise InputError("The reading of a recipe must be an object.")
        if not isinstance(data["columns"], list):
            raise InputError("The columns of a recipe must be a list.")
        columns = tuple(_read_column(column) for column in data["columns"])
        return cls(columns, _read_target(data["target"]), reading)


_KINDS: dict[str, type[Column]] = {
    "number": NumericColumn,
    "boolean": BooleanColumn,
    "category": CategoryColumn,
    "date": DateColumn,
}
_KIND_OF = {column: kind for kind, column in _KINDS.items()}


def unfamiliar_notes(found: Counter[tuple[str, str | None]]) -> list[str]:
    """One sentence for each entry of `Recipe.unfamiliar`, the most frequent first."""
    return [
        f"Column {name!r}: {_times(count, 'value is', 'values are')} missing, as none was in "
        "training; filled in."
        if value is None
        else f"Column {name!r} holds {value!r} {_times(count, 'time', 'times')}, which was never "
        "seen in training; it counts as none of the categories."
        for (name, value), count in found.most_common()
    ]


def _times(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


# Encoding


def _encoded(column: Column, values: Values) -> Array:
    x = np.zeros((len(values), len(column.feature_names)))
    column.write(values, x)
    return x


def _columns(values: Mapping[str, Values], names: list[str]) -> list[Values]:
    instance_of("values", values, Mapping)
    absent = [name for name in names if name not in values]
    if absent:
        raise InputError(
            f"The data have no column {', '.join(map(repr, absent))}: "
            "give every column that the model was trained on, in any order."
        )
    columns = [v if isinstance(v, Coded) else np.asarray(v) for v in (values[n] for n in names)]
    shapes = {c.codes.shape if isinstance(c, Coded) else c.shape for c in columns}
    if len(shapes) != 1 or len(next(iter(shapes))) != 1:
        raise InputError(f"Every column must be (n,) with one n, but there are {sorted(shapes)}.")
    return columns


def _filled(name: str, values: Values, fill: float) -> tuple[Array, np.ndarray]:
    """The values as float64 with `fill` where one is missing, and where that is."""
    v = _floats(name, values)
    if np.isfinite(v).all():
        return v, np.zeros(len(v), bool)
    infinite = np.flatnonzero(np.isinf(v))
    if len(infinite):
        raise InputError(
            f"Column {name!r:.80} holds {v[infinite[0]]} at row {infinite[0]} (counted from 0): "
            "give a finite number, or none."
        )
    missing = np.isnan(v)
    return np.where(missing, fill, v), missing


def _floats(name: str, values: Values) -> Array:
    """Numbers, booleans and dates as float64, NaN where missing."""
    array = np.asarray(values)
    if array.dtype.kind == "M":
        return _days(array)
    if array.dtype.kind in "biuf":
        return array.astype(np.float64, copy=False)
    return np.array([_float(name, row, v) for row, v in enumerate(array.tolist())], np.float64)


def _float(name: str, row: int, value: Any) -> float:
    if value is None:
        return math.nan
    # A text stays a text: float would take "1_000" and "nan".
    if isinstance(value, bool | int | float):
        return _as_float(value)
    raise InputError(
        f"Column {name!r:.80} holds {value!r:.80} at row {row} (counted from 0) where a number is "
        "expected."
    )


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # a whole number beyond 1.8e308
        return math.inf


def _days(dates: np.ndarray) -> Array:
    """Days since 1970-01-01 of datetime64 values, NaN for NaT."""
    return (dates.astype("datetime64[us]") - np.datetime64(0, "us")) / _DAY


def _coded(values: Values) -> Coded:
    """Each value as text, by its number among the different ones; None and NaN are missing."""
    if isinstance(values, Coded):
        return values
    texts = (
        v if isinstance(v, str) else None if v is None or v != v else str(v)  # noqa: PLR0124
        for v in np.asarray(values).tolist()
    )
    number: dict[str | None, int] = {None: -1}
    codes = [number.setdefault(text, len(number) - 1) for text in texts]
    return Coded(tuple(text for text in number if text is not None), np.array(codes, np.intp))


def _missing_name(column: Column) -> list[str]:
    return [f"{column.name} is missing"] if column.has_missing else []


def _refuse_class(name: str, values: Values, y: np.ndarray, classes: tuple[Class, ...]) -> None:
    row = int(np.flatnonzero(y < 0)[0])
    value = np.asarray(values[row : row + 1]).tolist()[0]
    if value is None or value != value:  # noqa: PLR0124
        _refuse_missing(name, y < 0)
    raise InputError(
        f"Column {name!r:.80} holds {value!r:.80} at row {row} (counted from 0), "
        f"which is none of the classes {', '.join(map(repr, classes[:10]))}"
        f"{', ...' if len(classes) > 10 else ''}."
    )


def _refuse_missing(name: str, missing: np.ndarray) -> None:
    raise InputError(
        f"The target column {name!r:.80} has no value at row {np.flatnonzero(missing)[0]} "
        "(counted from 0): fill it in, or leave that row out."
    )


# Checks, hard because model files come from anywhere


def _check_text(text: Any, what: str) -> None:
    if not isinstance(text, str):
        raise InputError(f"{what} must be a text, not {text!r:.80}.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(f"{what} holds characters that are no text: {text!r:.80}.") from None


def _check_name(name: Any) -> None:
    _check_text(name, "The name of a column")
    if not name:
        raise InputError("The name of a column must not be empty.")


def _check_flag(flag: str, name: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise InputError(f"{flag} of column {name!r:.80} must be true or false, not {value!r:.80}.")


def _check_finite(name: str, **numbers: Any) -> None:
    for key, value in numbers.items():
        if type(value) not in (int, float) or not abs(value) < math.inf:
            raise InputError(
                f"{key} of column {name!r:.80} must be a finite number, not {value!r:.80}."
            )


def _check_scale(name: str, scale: Any) -> None:
    _check_finite(name, scale=scale)
    if scale <= 0:
        raise InputError(f"scale of column {name!r:.80} must be above 0, not {scale!r:.80}.")


def _check_keys(
    data: Any, keys: set[str], what: str, optional: frozenset[str] = frozenset()
) -> None:
    if not isinstance(data, dict) or not keys <= set(data) <= keys | optional:
        may = f", and perhaps {', '.join(sorted(optional))}" if optional else ""
        raise InputError(f"A {what} must be an object with exactly {', '.join(sorted(keys))}{may}.")


def _described(column: Column) -> dict[str, Any]:
    """The settings of a column, those left out that are as usual: files of old stay the same."""
    usual = {field.name: field.default for field in fields(column)}
    return {name: value for name, value in asdict(column).items() if value != usual[name]}


def _read_column(data: Any) -> Column:
    kind = data.get("kind") if isinstance(data, dict) else None
    column = _KINDS.get(kind) if isinstance(kind, str) else None
    if column is None:
        raise InputError(f"Each column of a recipe must be one of {', '.join(_KINDS)}.")
    needed = {field.name for field in fields(column) if field.default is MISSING}
    optional = frozenset(field.name for field in fields(column)) - needed
    _check_keys(data, {"kind", *needed}, f"{kind} column", optional)
    settings = {key: value for key, value in data.items() if key != "kind"}
    if "categories" in settings:
        settings["categories"] = _read_tuple(settings["categories"], "The categories", _same)
    if "knots" in settings:
        settings["knots"] = _read_tuple(settings["knots"], "The knots", _read_float)
    for key in ("mean", "scale", "fill", "limit"):
        if key in settings:
            settings[key] = _read_float(settings[key])
    return column(**settings)


def _read_target(data: Any) -> Target:
    _check_keys(data, {field.name for field in fields(Target)}, "target")
    classes = data["classes"]
    return Target(
        names=_read_tuple(data["names"], "The names of a target", _same),
        classes=None if classes is None else _read_tuple(classes, "The classes", _same),
        mean=_read_tuple(data["mean"], "The means of a target", _read_float),
        scale=_read_tuple(data["scale"], "The scales of a target", _read_float),
    )


def _read_tuple(data: Any, what: str, item: Callable[[Any], Part]) -> tuple[Part, ...]:
    if not isinstance(data, list) or any(isinstance(value, list | dict) for value in data):
        raise InputError(f"{what} must be a list of single values.")
    return tuple(item(value) for value in data)


def _same(value: Any) -> Any:
    return value


def _read_float(value: Any) -> float:
    """A JSON number as a float: 3 and 3.0 are the same number to other writers of JSON."""
    if type(value) not in (int, float) or not math.isfinite(_as_float(value)):
        raise InputError("A recipe must hold finite numbers in its means, scales and fills.")
    return float(value)
