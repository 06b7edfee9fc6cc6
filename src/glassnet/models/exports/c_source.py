"""A model as one C99 file: a struct with a member for each column, and predict().

Members are named after the columns, in the letters that C allows. Texts of the user stand in
literals only, written by `literal` in characters that can end neither a text nor a comment, nor
form a trigraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from glassnet.data.preprocessing import BooleanColumn, CategoryColumn, Column, NumericColumn
from glassnet.errors import InputError
from glassnet.models.exports import source_text
from glassnet.models.exports.plan import Plan, Value
from glassnet.models.exports.source_text import number

LONGEST_LITERAL = 4095  # bytes that every C99 compiler takes

# Keywords of C and C++, and macros in small letters that compilers define.
TAKEN = frozenset(
    """
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl
    concept const const_cast consteval constexpr constinit continue co_await co_return co_yield
    decltype default delete do double dynamic_cast else enum errno explicit export extern false
    far float for friend goto i386 if inline int linux long math_errhandling mutable namespace
    near new noexcept not not_eq nullptr operator or or_eq private protected public register
    reinterpret_cast requires restrict return short signed sizeof small static static_assert
    static_cast stderr stdin stdout struct switch template this thread_local throw true try
    typedef typeid typename typeof typeof_unqual union unix unsigned using virtual void volatile
    wchar_t while xor xor_eq
    """.split()  # noqa: SIM905
)


def source(plan: Plan) -> str:
    """Return the text of the file. Raises InputError for texts that C cannot hold."""
    return source_text.source(
        "model.c.j2",
        plan,
        literal,
        _settings,
        cells=[_initialiser(column, plan.rows[column.name][0]) for column in plan.columns],
        members=dict(zip(plan.rows, identifiers(plan.rows), strict=True)),
    )


def literal(text: str) -> str:
    """A text as a literal of C, in UTF-8. Raises InputError where C cannot hold it."""
    encoded = text.encode("utf-8")
    if b"\0" in encoded or len(encoded) > LONGEST_LITERAL:
        raise InputError(
            f"The text {text[:40]!r:.80} cannot stand in C, where a text ends at a zero and has "
            "up to "
            f"{LONGEST_LITERAL} bytes: rename it, or export to another format."
        )
    return '"' + "".join(map(_character, encoded)) + '"'


def _character(byte: int) -> str:
    # Three octal digits end by themselves; hexadecimal ones would go on with the next character.
    return chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?*' else f"\\{byte:03o}"


def identifiers(names: Iterable[str]) -> list[str]:
    """A different name of C for each text: its letters and digits, small, joined by _."""
    found: list[str] = []
    taken = set(TAKEN)
    for name in names:
        plain = "_".join(re.findall(r"[a-z0-9]+", name.lower()))
        plain = plain if plain and plain[0].isalpha() else f"column_{plain}".rstrip("_")
        plain = plain[:50]
        unique, number = plain, 1
        while unique in taken:
            number += 1
            unique = f"{plain}_{number}"
        taken.add(unique)
        found.append(unique)
    return found


def _settings(column: Column, n: int) -> list[str]:
    """Return the further arguments of the call that encodes column number n."""
    flag = str(int(column.has_missing))
    if isinstance(column, CategoryColumn):
        flags = [str(int(given)) for given in (column.others, column.ordered)]
        return [f"categories_{n}", str(len(column.categories)), flag, *flags]
    if isinstance(column, BooleanColumn):
        return [number(column.fill), flag]
    usual = [*map(number, (column.mean, column.scale, column.fill)), flag]
    if not isinstance(column, NumericColumn):
        return usual
    knots = f"knots_{n}" if column.knots else "NULL"
    return [*usual, number(column.limit), knots, str(len(column.knots))]


def _initialiser(column: Column, value: Value) -> str:
    """A value of a row as it stands in the initialiser of a struct row."""
    if isinstance(value, str):
        return literal(value)
    if isinstance(column, BooleanColumn):
        return "-1" if value is None else str(int(value))
    if isinstance(column, CategoryColumn):
        return "NULL"
    return "NAN" if value is None else number(value)
