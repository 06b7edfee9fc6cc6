"""Numbers as people write them: the same bits in DuckDB and in Python, and the right ones."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glassnet as gn
from glassnet.tables.number_formats import (
    COMMA,
    PLAIN,
    POINT,
    NumberFormat,
    shape_of,
    surroundings,
)

UNITS = ("", "$", "EUR", "kg", "years", "%", "+", "/10")
FORMATS = st.builds(
    NumberFormat,
    st.just("."),
    st.sampled_from(["", ",", " ", "'"]),
    st.sampled_from(UNITS),
    st.booleans(),
    st.booleans(),
) | st.builds(
    NumberFormat,
    st.just(","),
    st.sampled_from(["", ".", " ", "'"]),
    st.sampled_from(UNITS),
    st.booleans(),
    st.booleans(),
)
# Digits and marks in any order, and what is nearly a number.
PIECES = st.sampled_from(
    [
        *"0123456789.,'()+-_eE %$€#kMB",
        *("\u00a0", "\u202f", "\u2212", "\u2019"),
        *("000", "234", " kg", "1.5", "inf", "nan", "-", "bn", *UNITS),
    ]
)
TEXTS = st.lists(PIECES, max_size=7).map("".join)


def in_duckdb(sql: str, texts: list[str]) -> list[object]:
    rows = duckdb.execute(f"SELECT {sql} FROM (SELECT unnest(?::VARCHAR[]) AS t)", [texts])
    return [row[0] for row in rows.fetchall()]


def bits(values: list[object]) -> list[str | None]:
    return [v.hex() if isinstance(v, float) else None for v in values]


@settings(max_examples=25, deadline=None)
@given(FORMATS | st.just(PLAIN), st.lists(TEXTS, min_size=30, max_size=60))
def test_both_readings_give_the_same_bits(form: NumberFormat, texts: list[str]) -> None:
    here = [form.parse(text) for text in texts]
    assert bits(in_duckdb(form.sql("t"), texts)) == bits(list(here))
    assert NumberFormat.from_json(form.to_json()) == form


@pytest.mark.parametrize(
    ("form", "text", "value"),
    [
        (PLAIN, "-1e-3", -0.001),
        (PLAIN, "1_000", None),
        (PLAIN, "nan", None),
        (POINT, "48,433", 48433),
        (POINT, "809", 809),
        (POINT, "12,34,567", 1234567),
        (POINT, "12,34,56", None),
        (POINT, "0,865", None),
        (POINT, "12,34", None),
        (POINT, "1,234,5", None),
        (COMMA, "50.870", 50870),
        (COMMA, "1.250,00", 1250),
        (COMMA, "43,03", 43.03),
        (COMMA, ",5", 0.5),
        (COMMA, "0,865", 0.865),
        (NumberFormat(",", " "), "1 234,5", 1234.5),
        (NumberFormat(",", " "), "1\u00a0234\u202f567", 1234567),
        (NumberFormat(".", "'"), "1'234.5", 1234.5),
        (NumberFormat(".", "'"), "1\u2019234", 1234),
        (NumberFormat(unit="$"), "-$4.99", -4.99),
        (NumberFormat(unit="$"), "$-4.99", -4.99),
        (NumberFormat(unit="\u20ac"), "4.99\u00a0\u20ac", 4.99),
        (NumberFormat(unit="$"), "0", 0),
        (NumberFormat(unit="%"), "45%", 0.45),
        (NumberFormat(unit="%"), "12.3 %", 0.123),
        (NumberFormat(unit="%"), "0.45", None),
        (NumberFormat(unit="kg"), "12 kg", 12),
        (NumberFormat(unit="kg"), "12 g", None),
        (NumberFormat(unit="years"), "1 year", 1),
        (NumberFormat(magnitudes=True), "19M", 19_000_000),
        (NumberFormat(magnitudes=True), "28.3M", 28_300_000),
        (NumberFormat(magnitudes=True), "1.5B", 1_500_000_000),
        (NumberFormat(magnitudes=True), "3k", 3000),
        (replace(POINT, unit="+"), "10,000+", 10000),
        (NumberFormat(signs=True), "(3)", -3),
        (NumberFormat(signs=True), "(3", None),
        (NumberFormat(signs=True), "-(3)", None),
        (NumberFormat(signs=True), "\u22125", -5),
        (NumberFormat(signs=True), "5-", -5),
        (replace(POINT, unit="$", signs=True), "($1,234.50)", -1234.5),
    ],
)
def test_a_text_is_the_number_its_writer_meant(
    form: NumberFormat, text: str, value: float | None
) -> None:
    assert form.parse(text) == value
    assert in_duckdb(form.sql("t"), [text]) == [value]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["$4.99", "0"], [PLAIN, NumberFormat(unit="$")]),
        (["45%", "3 %"], [PLAIN, NumberFormat(unit="%")]),
        (["12 kg", "13 KG"], [PLAIN, NumberFormat(unit="KG")]),
        (["12 kg", "13 g"], [PLAIN, NumberFormat(unit="kg"), NumberFormat(unit="g")]),
        (["19M", "201k", "Varies with device"], [NumberFormat(magnitudes=True)]),
        (["5 m", "3 m"], [PLAIN, NumberFormat(unit="m")]),
        (["(3)", "4"], [NumberFormat(signs=True)]),
        (["A12", "B7"], [PLAIN]),
        (["12.3.2020"], [PLAIN]),
    ],
)
def test_units_are_found_in_the_texts(texts: list[str], expected: list[NumberFormat]) -> None:
    assert surroundings(map(shape_of, texts)) == expected


def test_a_format_describes_itself_by_examples() -> None:
    assert COMMA.describe() == "1.250,5 is 1250.5"
    assert NumberFormat(unit="%").describe() == "45% is 0.45"
    form = replace(POINT, unit="$", magnitudes=True, signs=True)
    assert form.describe() == (
        "$1,250.5 is 1250.5, 1.5k is 1500, 1.5M is 1500000, (3) is -3, \u22123 is -3"
    )


@pytest.mark.parametrize(
    "given", [None, [], "x", {"decimal": 1}, {"point": "."}, {"decimal": ";"}, {"thousands": "."}]
)
def test_anything_else_is_no_format(given: object) -> None:
    with pytest.raises(gn.InputError):
        NumberFormat.from_json(given if not isinstance(given, dict) else {"decimal": ".", **given})
