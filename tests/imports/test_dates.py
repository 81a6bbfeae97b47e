"""Day or month first is decided by the whole column, never guessed for one cell."""

from __future__ import annotations

from datetime import date

import pytest

from portal.database.refusal import Invalid
from portal.imports import dates
from portal.imports.fields import Unreadable


def read(text: str, order: str | None = "month-first") -> date:
    return dates.reader(order)(text)


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (["10/20/2016", "3/1/2017"], "month-first"),
        (["20.10.2016", "1.3.2017"], "day-first"),
        (["3/3/2017", "12-12-2017"], None),
        (["2017-03-01", "20170301"], None),
        ([], None),
    ],
)
def test_a_column_that_proves_its_order_needs_no_help(values, order):
    assert dates.decide("closed", values, told=None) == order


def test_what_the_column_proves_wins_over_what_is_told():
    assert dates.decide("closed", ["10/20/2016", "3/1/2017"], told="day-first") == "month-first"


def test_an_ambiguous_column_stops_with_a_sentence():
    with pytest.raises(Invalid, match=r"column “closed”.*3/1/2017.*--date-order"):
        dates.decide("closed", ["3/1/2017", "2/2/2017"], told=None)
    assert dates.decide("closed", ["3/1/2017"], told="day-first") == "day-first"


def test_a_column_of_both_orders_stops_with_a_sentence():
    values = ["20/10/2016", "10/21/2016"]
    with pytest.raises(Invalid, match=r"20/10/2016 has the day first and 10/21/2016 the month"):
        dates.decide("closed", values, told=None)
    assert dates.decide("closed", values, told="day-first") == "day-first"


@pytest.mark.parametrize(
    ("text", "order", "value"),
    [
        ("10/20/2016", "month-first", date(2016, 10, 20)),
        ("3/1/2017", "month-first", date(2017, 3, 1)),
        ("3/1/2017", "day-first", date(2017, 1, 3)),
        ("01.03.17", "day-first", date(2017, 3, 1)),
        ("1.3.99", "day-first", date(1999, 3, 1)),
        ("2017-03-01", None, date(2017, 3, 1)),
        ("2017/03/01", None, date(2017, 3, 1)),
        ("2017-03-01 14:30", None, date(2017, 3, 1)),
        ("2017-03-01T14:30:00.000+0000", None, date(2017, 3, 1)),
        ("2017-03-01T14:30:00Z", None, date(2017, 3, 1)),
        ("3/1/2017, 2:30 PM", "month-first", date(2017, 3, 1)),
    ],
)
def test_dates_of_crms_and_spreadsheets_are_read(text, order, value):
    assert read(text, order) == value


@pytest.mark.parametrize("text", ["tomorrow", "42663", "2/30/2017", "13/13/2017", "1/2-2017", "2017-02-30", "1/2/0017"])
def test_what_is_no_date_has_a_remedy(text):
    with pytest.raises(Unreadable) as problem:
        read(text)
    assert problem.value.why
    assert problem.value.remedy


def test_digits_of_other_scripts_are_no_date():
    with pytest.raises(Unreadable):
        read("١٠/٢٠/٢٠١٦")
