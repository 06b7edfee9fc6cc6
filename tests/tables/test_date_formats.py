"""Dates as people write them: the same days in DuckDB, in Python, and in the calendar."""

from __future__ import annotations

import datetime

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glassnet as gn
from glassnet.tables.date_formats import ORDERS, DateFormat

FORMATS = st.builds(DateFormat, st.sampled_from(ORDERS), st.booleans())
PIECES = st.sampled_from(
    [
        *"0123456789-/.:, TZ+",
        *("20", "19", "2020", "Aug", "MAY", "december", "m\u00e4rz"),
        *("29", "1st", " 12:30", " 1:05 pm", "T10:00:00.25", " +02:00", "Sat, ", "UTC", "Okt."),
    ]
)
SPELLINGS = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d.%m.%y", "%d-%b-%Y", "%d-%b-%y"),
    *("%d %b %Y", "%d %B %Y", "%d. %B %Y", "%B %d, %Y", "%b %d, %Y", "%b. %d %Y", "%d%b%Y"),
    *("%a, %d %b %Y", "%A, %B %d, %Y", "%Y-%b-%d", "%Y %B %d"),
)
TIMES = ("", " %H:%M", "T%H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", ", %I:%M:%S %p", " %H:%M:%S UTC")
DATES = st.lists(PIECES, max_size=8).map("".join) | st.builds(
    lambda when, date, time: when.strftime(date + time),
    st.datetimes(datetime.datetime(1969, 1, 1), datetime.datetime(2068, 12, 31)),
    st.sampled_from([*SPELLINGS, "%d/%m/%Y", "%m-%d-%Y", "%Y%m%d", "%m/%d/%y"]),
    st.sampled_from([*TIMES, "T%H:%M:%S+02:00", " %H:%M -0530"]),
)


def in_duckdb(form: DateFormat, texts: list[str]) -> list[float | None]:
    query = f"SELECT {form.sql('t')} FROM (SELECT unnest(?::VARCHAR[]) AS t)"
    return [row[0] for row in duckdb.execute(query, [texts]).fetchall()]


@settings(max_examples=25, deadline=None)
@given(FORMATS, st.lists(DATES, min_size=30, max_size=60))
def test_both_readings_give_the_same_days(form: DateFormat, texts: list[str]) -> None:
    here = [form.parse(text) for text in texts]
    assert in_duckdb(form, texts) == here
    assert DateFormat.from_json(form.to_json()) == form


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("order", ORDERS[:2])
def test_what_cannot_be_misread_is_the_same_day_in_every_order(spelling: str, order: str) -> None:
    days = pd.date_range("1970-01-05", "2060-01-01", periods=40).normalize()
    expected = ((days - pd.Timestamp(0)) / pd.Timedelta(days=1)).tolist()
    for change in (str, str.upper):
        texts = [change(text) for text in days.strftime(spelling)]
        assert in_duckdb(DateFormat(order), texts) == expected


@pytest.mark.parametrize("time", TIMES)
def test_times_of_day_are_fractions(time: str) -> None:
    when = pd.Timestamp("2020-08-29 13:05")
    expected = (when - pd.Timestamp(0)) / pd.Timedelta(days=1)
    text = when.strftime(f"%Y-%m-%d{time}")
    assert in_duckdb(DateFormat(), [text]) == [expected if time else int(expected)]


@pytest.mark.parametrize(
    ("text", "form", "iso"),
    [
        ("3/4/2020", DateFormat("day first"), "2020-04-03"),
        ("3/4/2020", DateFormat("month first"), "2020-03-04"),
        ("03-04-69", DateFormat("day first"), "1969-04-03"),
        ("03-04-68", DateFormat("day first"), "2068-04-03"),
        ("3/4/2020", DateFormat(), None),
        ("20200829", DateFormat(compact=True), "2020-08-29"),
        ("20200829", DateFormat(), None),
        ("20201329", DateFormat(compact=True), None),
        ("2020-02-30", DateFormat(), None),
        ("2020-08", DateFormat(), "2020-08-01"),
        ("Aug 2020", DateFormat(), "2020-08-01"),
        ("29. M\u00e4rz 2020", DateFormat(), "2020-03-29"),
        ("1 Mai 2020", DateFormat(), "2020-05-01"),
        ("2020-08-29T00:30:00+02:00", DateFormat(), "2020-08-28 22:30"),
        ("2020-08-29T23:30:00-0530", DateFormat(), "2020-08-30 05:00"),
        ("Sat, 29 Aug 2020 12:00:00 GMT", DateFormat(), "2020-08-29 12:00"),
        ("2020-08-29 12:00 AM", DateFormat(), "2020-08-29"),
        ("2020-08-29 25:00", DateFormat(), None),
        ("1.2.3", DateFormat("day first"), None),
        ("0000-00-00", DateFormat(), None),
    ],
)
def test_a_text_is_the_day_its_writer_meant(text: str, form: DateFormat, iso: str | None) -> None:
    days = None if iso is None else (pd.Timestamp(iso) - pd.Timestamp(0)) / pd.Timedelta(days=1)
    assert form.parse(text) == days
    assert in_duckdb(form, [text]) == [days]


@pytest.mark.parametrize("given", [None, [], {"order": 1}, {"order": "x"}, {"first": "day first"}])
def test_anything_else_is_no_format(given: object) -> None:
    with pytest.raises(gn.InputError):
        DateFormat.from_json(given)
