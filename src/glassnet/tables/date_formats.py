"""How texts write dates and times: digits in any order, months by name, zones, two-digit years.

Every format reads twice, as SQL for DuckDB and in Python for one text, by the same patterns. A
date is its days since 1970-01-01 in UTC, with fractions.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Self

from glassnet.errors import InputError
from glassnet.tables.sql_text import literal

ORDERS = ("year first", "day first", "month first")

MICROSECONDS_A_DAY = 86_400_000_000
_HOUR = 3_600_000_000
_MINUTE = 60_000_000
_EPOCH = datetime.date(1970, 1, 1).toordinal()

# Patterns of Python and of RE2 alike.
_YEAR = "(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
_SHORT_YEARS = {"20": "([0-5][0-9]|6[0-8])", "19": "(69|[7-9][0-9])"}
_DIGITS = "([0-9]{1,2})"
_TWO = "([0-9]{2})"
_DAY = f"{_DIGITS}(?:st|nd|rd|th|[.])?"
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_FOREIGN = {  # German, French and Swedish names
    **{"m\u00e4r": "mar", "mrz": "mar", "mai": "may", "maj": "may", "okt": "oct", "dez": "dec"},
    **{"janv": "jan", "f\u00e9vr": "feb", "f\u00e9v": "feb", "avr": "apr", "juin": "jun"},
    **{"juil": "jul", "ao\u00fb": "aug", "d\u00e9c": "dec"},
}
_ENDINGS = (
    "uary|ruary|ch|il|e|y|ust|t|tember|ober|ember|uar|ruar|z|i|"
    "ier|s|let|tembre|obre|embre|uari|ruari|usti"
)
_NAME = f"({'|'.join([*_FOREIGN, *_MONTHS])})(?:{_ENDINGS})?[.]?"
_WEEKDAY = "(?:(?:mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so)[a-z]{0,8}[.]?,? +)?"
_APART = "[-/., ]+"
_CLOCK = "[0-9]{1,2}:[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]{1,6})?)?"
_TIME = (
    "(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]+)?)?"
    "(?: ?[ap][.]?m[.]?)?(?: ?(?:z|utc|gmt|[+-][0-9]{2}(?::?[0-9]{2})?))?"
)
_HALF = "(?i)[0-9] ?([ap])[.]?m"
_ZONE = ":.*([+-])([0-9]{2}):?([0-9]{2})?$"


@dataclass(frozen=True)
class _Spelling:
    """A pattern of dates and which part, of "dmy", each of its groups is."""

    date: str
    parts: str
    century: str = ""
    named: bool = False
    in_front: bool = False  # it is the first ten characters, as programs write it

    @property
    def pattern(self) -> str:
        return f"(?i)^{'' if self.in_front else ' *'}{self.date}(?:(?:t|,? +){_TIME})? *$"

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.ASCII)

    def sql(self, c: str) -> str:
        """SQL of the date, of a text that fits the pattern: NULL for the 31st of February."""
        if self.in_front:
            return f"try_cast(left({c}, 10) AS DATE)"
        group = {part: f"\\{i}" for i, part in enumerate(self.parts, start=1)}
        iso = f"{self.century}{group['y']}-{group['m']}-{group.get('d', '1')}"
        iso = f"regexp_replace({c}, {literal(self.pattern)}, '{iso}')"
        if not self.named:
            return f"try_cast({iso} AS DATE)"
        iso = f"lower({iso})"
        for foreign, name in _FOREIGN.items():
            iso = f"replace({iso}, '{foreign}', '{name}')"
        return f"CAST(try_strptime({iso}, '%Y-%b-%d') AS DATE)"

    def parse(self, text: str) -> datetime.date | None:
        """The date of a text, None if it is no such text."""
        found = self.compiled.fullmatch(text.lower())
        if not found:
            return None
        values = dict(zip(self.parts, found.groups(), strict=True))
        month = values["m"].lower()
        if self.named:
            month = _MONTHS.index(_FOREIGN.get(month, month)) + 1
        try:
            return datetime.date(
                int(f"{self.century}{values['y']}"), int(month), int(values.get("d", 1))
            )
        except ValueError:
            return None


@dataclass(frozen=True)
class DateFormat:
    """A way to write dates.

    Every format reads what cannot be misread: 2026-01-31, 2026/1/31, 31.1.2026, 31-JAN-2026,
    January 31, 2026, each with or without a time and a zone; two digits of a year from 69 on are
    of the last century. `order` says whether the day or the month comes first in 3/4/2026, and
    with `compact` 20260131 is a date.
    """

    order: str = "year first"
    compact: bool = False

    def __post_init__(self) -> None:
        if self.order not in ORDERS:
            raise InputError(
                f"The order of a date must be one of {', '.join(ORDERS)}, not {self.order!r:.80}."
            )

    def sql(self, expression: str) -> str:
        """SQL of the days since 1970-01-01, DOUBLE, NULL where a text writes no such date."""
        c = expression
        cases = " ".join(
            f"WHEN regexp_matches({c}, {literal(s.pattern)}) THEN {s.sql(c)}"
            for s in self._spellings
        )
        date = f"epoch_us(CAST(CASE {cases} END AS TIMESTAMP))"
        return f"(({date} + {_time_sql(c)}) / {MICROSECONDS_A_DAY}.0::DOUBLE)"

    def parse(self, text: str) -> float | None:
        """Return the days since 1970-01-01 of a text, None if it writes no date, as `sql` does."""
        for spelling in self._spellings:
            if spelling.compiled.fullmatch(text.lower()):
                date = spelling.parse(text)
                if date is None:
                    return None
                days = date.toordinal() - _EPOCH
                return float(days * MICROSECONDS_A_DAY + _time(text)) / MICROSECONDS_A_DAY
        return None

    def to_json(self) -> dict[str, Any]:
        """Return the format as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Any) -> Self:
        """Return the format that `to_json` wrote. Raises InputError for anything else."""
        types = {"order": str, "compact": bool}
        fits = isinstance(given, dict) and all(types.get(n) is type(v) for n, v in given.items())
        if not fits:
            raise InputError(
                f"A date format is an object of order and compact, not {str(given)[:80]}."
            )
        return cls(**given)

    def remarks(self, texts: Sequence[str]) -> list[str]:
        """Return what is decided in reading such texts that they do not say."""
        used = {s for text in texts for s in self._spellings if s.compiled.fullmatch(text.lower())}
        zones = any(":" in text and re.search(_ZONE, text) for text in texts)
        short = any(spelling.century for spelling in used)
        return [
            *["years of two digits are those from 1969 to 2068"] * short,
            *["times with a zone are read in UTC"] * zones,
        ]

    @property
    def example(self) -> str:
        """The last day of January 2026 as this format, and not every one, reads it."""
        if self.compact:
            return "20260131"
        return {"day first": "31/1/2026", "month first": "1/31/2026"}.get(self.order, "2026-01-31")

    def describe(self) -> str:
        """An example of what is read as what: "31/1/2026 is 2026-01-31"."""
        return f"{self.example} is 2026-01-31"

    @property
    def _spellings(self) -> Iterator[_Spelling]:
        yield from _YEAR_FIRST
        if self.compact:
            yield _COMPACT
        yield from _NUMERIC.get(self.order, ())
        yield from _UNAMBIGUOUS


def _shortened(date: str, parts: str, named: bool = False) -> list[_Spelling]:
    """The spelling with a year of four digits, and of two in either century."""
    years = {"": _YEAR} | _SHORT_YEARS
    return [_Spelling(date.replace("Y", y), parts, century, named) for century, y in years.items()]


_YEAR_FIRST = [
    _Spelling(f"{_YEAR}-{_TWO}-{_TWO}", "ymd", in_front=True),
    _Spelling(f"{_YEAR}[-/.]{_DIGITS}[-/.]{_DIGITS}", "ymd"),
]
_COMPACT = _Spelling(f"{_YEAR}{_TWO}{_TWO}", "ymd")
_NUMERIC: dict[str, list[_Spelling]] = {
    "day first": _shortened(f"{_DIGITS}[-/.]{_DIGITS}[-/.]Y", "dmy"),
    "month first": _shortened(f"{_DIGITS}[-/.]{_DIGITS}[-/.]Y", "mdy"),
}
_UNAMBIGUOUS = [
    _Spelling(f"{_DIGITS}[.] ?{_DIGITS}[.] ?{_YEAR}", "dmy"),
    *_shortened(f"{_TWO}[.]{_TWO}[.]Y", "dmy")[1:],
    *_shortened(f"{_WEEKDAY}{_DAY}{_APART}{_NAME}{_APART}Y", "dmy", named=True),
    *_shortened(f"{_WEEKDAY}{_NAME}{_APART}{_DAY}{_APART}Y", "mdy", named=True),
    _Spelling(f"{_DIGITS}{_NAME}{_YEAR}", "dmy", named=True),
    _Spelling(f"{_YEAR}{_APART}{_NAME}{_APART}{_DAY}", "ymd", named=True),
    _Spelling(f"{_YEAR}[-/]{_DIGITS}", "ym"),
    _Spelling(f"{_NAME}{_APART}{_YEAR}", "my", named=True),
]


def _time_sql(c: str) -> str:
    """SQL of the microseconds that the time of day adds to the date, in UTC."""
    clock = f"replace(regexp_extract({c}, '{_CLOCK}'), ',', '.')"
    micros = f"epoch_us(try_cast({clock} AS TIME))"
    half = f"lower(regexp_extract({c}, '{_HALF}', 1))"
    shift = (
        f"CASE WHEN {half} = 'p' AND {micros} < {12 * _HOUR} THEN {12 * _HOUR} "
        f"WHEN {half} = 'a' AND {micros} >= {12 * _HOUR} THEN {-12 * _HOUR} ELSE 0 END"
    )
    sign, hours, minutes = (f"regexp_extract({c}, '{_ZONE}', {i})" for i in (1, 2, 3))
    ahead = (
        f"CASE {sign} WHEN '+' THEN 1 WHEN '-' THEN -1 ELSE 0 END * "
        f"(coalesce(try_cast({hours} AS BIGINT), 0) * {_HOUR} + "
        f"coalesce(try_cast({minutes} AS BIGINT), 0) * {_MINUTE})"
    )
    return f"CASE WHEN contains({c}, ':') THEN {micros} + {shift} - {ahead} ELSE 0 END"


def _time(text: str) -> int:
    """What `_time_sql` gives for a text."""
    clock = re.search(_CLOCK, text)
    if not clock:
        return 0
    hours, minutes, seconds, fraction = [*re.split("[:.,]", clock[0]), "0", "0"][:4]
    micros = int(hours) * _HOUR + int(minutes) * _MINUTE + int(seconds) * 1_000_000
    micros += int(fraction.ljust(6, "0"))
    half = re.search(_HALF, text)
    if half and half[1].lower() == "p" and micros < 12 * _HOUR:
        micros += 12 * _HOUR
    elif half and half[1].lower() == "a" and micros >= 12 * _HOUR:
        micros -= 12 * _HOUR
    zone = re.search(_ZONE, text)
    if zone:
        ahead = int(zone[2]) * _HOUR + int(zone[3] or 0) * _MINUTE
        micros += ahead if zone[1] == "-" else -ahead
    return micros
