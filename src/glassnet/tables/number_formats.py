"""How texts write numbers: marks, signs, a unit or currency, percent, thousands and millions.

Every format reads twice: as SQL for DuckDB, and in Python for one text. Both rewrite the text into
the digits of a plain number, which is rounded once, so that both give the same bits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from typing import Any, Literal, Self

from glassnet.errors import InputError
from glassnet.tables.sql_text import literal

DecimalMark = Literal[".", ","]
ThousandsMark = Literal["", ",", ".", " ", "'"]

LARGEST_EXACT = 2**53  # beyond it not every whole number is a float64
BLANKS = " \t\r\n\u00a0\u2009\u202f"  # with the no-break, the thin, and the narrow no-break one
APOSTROPHES = "'\u2019"
MINUSES = "-\u2212\u2013"  # the hyphen, the minus, and the dash that stands for one
MOST_UNITS = 4
_BLANK = f"[{BLANKS}]"
_MARKS = {"": "", ",": "[,]", ".": "[.]", " ": _BLANK, "'": f"[{APOSTROPHES}]"}
_GONE = {"": "", " ": BLANKS, "'": APOSTROPHES}
_PLAIN = re.compile(
    "[ \t-\r]*([+]?-|[+])?(([0-9]+[.]?[0-9]*|[.][0-9]+)(e[+-]?[0-9]+)?|inf|infinity)[ \t-\r]*",
    re.IGNORECASE | re.ASCII,
)
_POWERS = {"%": -2, "\u2030": -3}
_MAGNITUDES = {"k": 3, "m": 6, "mio": 6, "mn": 6, "b": 9, "bn": 9, "t": 12}
_MAYBE_UNITS = set("mtbT")  # alone rather metres, tons, bytes and tesla
_CODES = (
    "AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HKD|HUF|IDR|ILS|INR|JPY|KRW|MXN|MYR|NOK|NZD|PHP|PLN|RUB|"
    "SAR|SEK|SGD|THB|TRY|TWD|UAH|USD|VND|ZAR|Rs|Fr|kr"
)
_CURRENCY = rf"[A-Z]{{0,2}}[$\u00a2-\u00a5\u20a0-\u20bf]|(?:{_CODES})[.]?"
_UNIT = (
    r"[A-Za-z\u5143\u5186\uc6d0\u00aa-\u00ff\u0370-\u03ff%\u2030\u2032\u2033/\"+#*]"
    "[^0-9(),;:]*[0-9]{0,3}"
)
_SUFFIX = re.compile(
    f"(?P<magnitude>(?:{'|'.join(_MAGNITUDES)})(?![A-Za-z]))?{_BLANK}?(?P<unit>{_CURRENCY}|[+]|)",
    re.IGNORECASE,
)
# A text around its digits: what stands in front and behind.
_SHAPE = (
    "((?:[^0-9.,#]|[.](?![0-9])){0,8})"
    "(?:[.,]?[0-9](?:[0-9.,'\u2019\u00a0\u2009\u202f ]*[0-9])?[.,]?)"
    "([^0-9.,#][^#]{0,15})?"
)


@dataclass(frozen=True)
class NumberFormat:
    """A way to write numbers; the default is that of programs, such as -1250.5 or 1e-3.

    `decimal` stands before the fraction; `thousands` between groups of three digits, or nowhere.
    `unit` is a unit or currency, behind the number or in front; values without it are read alike,
    but for percent, which all must have: 45% is 0.45. With `magnitudes` 3k is 3000 and 1.5M is
    1500000. With `signs` a minus may be typeset or stand behind, and (3) is -3.
    """

    decimal: DecimalMark = "."
    thousands: ThousandsMark = ""
    unit: str = ""
    magnitudes: bool = False
    signs: bool = False

    def __post_init__(self) -> None:
        if self.decimal not in (".", ",") or self.thousands not in _MARKS:
            raise InputError(
                "The decimal mark must be '.' or ',' and the thousands mark '', ',', '.', ' ' or "
                f'"\'", not {self.decimal!r:.80} and {self.thousands!r:.80}.'
            )
        if self.decimal == self.thousands:
            raise InputError(f"{self.decimal!r:.80} cannot be the decimal and the thousands mark.")

    @property
    def is_plain(self) -> bool:
        """Whether these are the numbers that DuckDB casts by itself."""
        return self == PLAIN

    def sql(self, expression: str) -> str:
        """SQL of the numbers, DOUBLE, that texts write: NULL where they write none."""
        c = expression
        if self.is_plain:
            # DuckDB takes 1_000 for a number, where it is more likely a name, and nan too.
            value = f"nullif(try_cast({c} AS DOUBLE), CAST('nan' AS DOUBLE))"
            return f"CASE WHEN NOT contains({c}, '_') THEN {value} END"
        pattern = literal(f"^(?:{self._pattern})$")
        source, target = map(literal, self._translation)
        digits = f"translate(regexp_replace({c}, {pattern}, '{self._written}'), {source}, {target})"
        if self.magnitudes:
            letters = f"lower(regexp_replace({c}, {pattern}, '{self._letters}'))"
            powers = " ".join(f"WHEN '{k}' THEN 'e{power}'" for k, power in _MAGNITUDES.items())
            digits += f" || CASE {letters} {powers} ELSE '' END"
        elif self._power:
            digits += f" || 'e{self._power}'"
        return f"CASE WHEN regexp_matches({c}, {pattern}) THEN try_cast({digits} AS DOUBLE) END"

    def parse(self, text: str) -> float | None:
        """Return the number that a text writes, None if it writes none, as `sql` does."""
        if self.is_plain:
            return float(text.replace("+-", "-")) if _PLAIN.fullmatch(text) else None
        found = self._compiled.fullmatch(text)
        if found is None:
            return None
        digits = found.expand(self._written).translate(self._table)
        power = self._power
        if self.magnitudes:
            power = _MAGNITUDES.get(found.expand(self._letters).lower(), 0)
        try:
            return float(f"{digits}e{power}" if power else digits)
        except ValueError:  # two signs or two powers
            return None

    def to_json(self) -> dict[str, Any]:
        """Return the format as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Any) -> Self:
        """Return the format that `to_json` wrote. Raises InputError for anything else."""
        types = {f.name: type(f.default) for f in fields(cls)}
        fits = isinstance(given, dict) and all(types.get(n) is type(v) for n, v in given.items())
        if not fits:
            raise InputError(
                f"A number format is an object of {', '.join(types)}, not {str(given)[:80]}."
            )
        return cls(**given)

    def describe(self) -> str:
        """Examples of what is read as what, such as "1.250,5 is 1250.5"."""
        return ", ".join(f"{text} is {self.parse(text):.15g}" for text in self._examples())

    def _examples(self) -> Iterator[str]:
        number = f"1{self.thousands}250{self.decimal}5" if self.thousands else f"1{self.decimal}5"
        if self._power:
            yield f"45{self.unit}"
        elif re.fullmatch(_CURRENCY, self.unit) and not self.unit.isalpha():
            yield f"{self.unit}{number}"
        elif self.unit:
            yield f"{number}{' ' if self.unit[0].isalpha() else ''}{self.unit}"
        elif self.decimal == "," or self.thousands:
            yield number
        if self.magnitudes:
            yield from (f"1{self.decimal}5{letter}" for letter in "kM")
        if self.signs:
            yield from ("(3)", "\u22123")

    @property
    def _power(self) -> int:
        return _POWERS.get(self.unit, 0)

    @cached_property
    def _translation(self) -> tuple[str, str]:
        """The characters of the digits that change, and what they become; the rest is dropped."""
        dropped = _GONE.get(self.thousands, self.thousands)
        return f"{self.decimal}({MINUSES}{dropped}", ".----"

    @cached_property
    def _table(self) -> dict[int, int | None]:
        source, target = self._translation
        return str.maketrans(source[: len(target)], target, source[len(target) :])

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self._pattern)

    @property
    def _written(self) -> str:
        """The groups of the pattern that make the number: its signs, then its digits."""
        return r"\1\2\5\6\3\7" if self.signs else r"\1\2\3"

    @property
    def _letters(self) -> str:
        """The groups of the pattern that are its magnitude."""
        return r"\4\8" if self.signs else r"\4"

    @property
    def _pattern(self) -> str:
        """Of a text: groups 1, 2, 5 are signs, 3 digits, 4 magnitude; in brackets 6 to 8."""
        sign = f"(?:[+]|([{MINUSES if self.signs else '-'}]))?"
        before, after = self._unit_patterns
        letters = f"(?:{_BLANK}?((?i:{'|'.join(_MAGNITUDES)})))?" if self.magnitudes else "()"
        # 5,- has no cents: its dash is no minus.
        dash = f"(?:{_MARKS[self.decimal]}[{MINUSES}\u2014]{{1,2}})?" if self.signs else ""
        body = f"({self._digits}){dash}{letters}{after}"
        text = f"{sign}{before}{sign}{body}"
        if self.signs:
            text = f"(?:{text}([{MINUSES}])?|{before}([(]){before}{body}[)])"
        return f"{_BLANK}*{text}{_BLANK}*"

    @property
    def _unit_patterns(self) -> tuple[str, str]:
        """What may stand in front of the digits, and behind."""
        if not self.unit:
            return "", ""
        name, ending = self.unit, "s?" if _is_word(self.unit) else ""
        if name.endswith("."):
            name, ending = name[:-1], "[.]?"
        unit = f"(?i:{re.escape(_singular(name))}{ending})"
        if self._power:
            return "", f"{_BLANK}?{unit}"
        return f"(?:{unit}{_BLANK}?)?", f"(?:{_BLANK}?{unit})?"

    @property
    def _digits(self) -> str:
        """Whole digits, in strict groups if in groups: 0,865 and 12,34 are none of thousands."""
        whole = "[0-9]+"
        if self.thousands:
            mark = _MARKS[self.thousands]
            groups = f"[1-9][0-9]{{0,2}}(?:{mark}[0-9]{{3}})+"
            if self.thousands == ",":  # India counts lakhs and crores: 12,34,567
                groups += "|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}"
            whole = f"(?:{groups}|[0-9]+)"
        point, fraction = _MARKS[self.decimal], "[0-9]+" if self.signs else "[0-9]*"
        return f"(?:{whole}(?:{point}{fraction})?|{point}[0-9]+)(?:[eE][+-]?[0-9]+)?"


PLAIN = NumberFormat()
POINT = NumberFormat(".", ",")
COMMA = NumberFormat(",", ".")


def shape_of(text: str) -> str:
    """Return a text with # for its digits, such as $# or # kg; unchanged if it has no such form."""
    found = re.fullmatch(_SHAPE, text)
    return f"{found[1]}#{found[2] or ''}" if found else text


def surroundings(shapes: Iterable[str]) -> list[NumberFormat]:
    """Return formats by what stands around the digits: without a unit, and with each that occurs.

    Their marks are those of the plain format.
    """
    units: dict[str, str] = {}
    letters: set[str] = set()
    signs = False
    for shape in shapes:
        before, digits, behind = shape.partition("#")
        unit = before.strip(f"{BLANKS}{MINUSES}+(")
        suffix = behind.strip(f"{BLANKS}{MINUSES})")
        if not digits or (unit and not re.fullmatch(_CURRENCY, unit)):
            continue
        found = _SUFFIX.fullmatch(suffix)
        if not found and not re.fullmatch(_UNIT, suffix):
            continue
        letter, other = (found["magnitude"], found["unit"]) if found else ("", suffix)
        bare = behind.strip(BLANKS)
        signs |= before.strip(BLANKS)[:1] in tuple(MINUSES[1:]) or "(" in before
        signs |= bool({*bare[:1], *bare[-1:]} & set(MINUSES))
        letters |= {letter} if letter else set()
        units |= {_singular(u).casefold(): u for u in (unit, other) if u}
    if not _are_magnitudes(letters, units.values()):
        units |= {letter: letter for letter in letters}
        letters.clear()
    plain = NumberFormat(magnitudes=bool(letters), signs=signs)
    return [plain, *(replace(plain, unit=unit) for unit in list(units.values())[:MOST_UNITS])]


def _are_magnitudes(letters: set[str], units: Iterable[str]) -> bool:
    """Whether letters are thousands and millions, and not units among or like others."""
    alone = len(letters) == 1 and letters <= _MAYBE_UNITS and not units
    return not alone and all(re.fullmatch(rf"{_CURRENCY}|[+]", unit) for unit in units)


def _is_word(unit: str) -> bool:
    return unit.isalpha() and len(unit) > 2


def _singular(unit: str) -> str:
    return unit.removesuffix("s") if _is_word(unit) else unit
