"""Unit and currency come from the mapping, the decimal sign from the whole column."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from portal.database.refusal import Invalid
from portal.imports import amounts
from portal.imports.fields import Field, Shape, Unreadable
from portal.imports.mapping import UNITS, Column

COLUMN = Column(0, "Revenue", Field("revenue", "Revenue", shape=Shape.AMOUNT, currency="currency"))


def read(text: str, column: Column = COLUMN, decimal: str = "decimal-point") -> tuple[Decimal, str | None]:
    amount = amounts.read(text, column, decimal)
    return amount.value, amount.currency


@pytest.mark.parametrize(
    ("values", "sign"),
    [
        (["1100.04", "251.41"], "decimal-point"),
        (["1.100,04"], "decimal-comma"),
        (["1,234", "5,5"], "decimal-comma"),
        (["1,234,567", "1,234"], "decimal-point"),
        (["1.234.567"], "decimal-comma"),
        (["0.123"], "decimal-point"),
        (["1234.567"], "decimal-point"),
        (["550", "4821"], "decimal-point"),
        (["n/a"], "decimal-point"),
    ],
)
def test_a_column_that_proves_its_decimal_sign_needs_no_help(values, sign):
    assert amounts.decide(COLUMN, values, told=None) == sign


@pytest.mark.parametrize("value", ["1,234", "1.234", "56,789"])
def test_a_thousand_or_a_fraction_is_not_guessed(value):
    with pytest.raises(Invalid, match=r"column “Revenue”.*--decimal"):
        amounts.decide(COLUMN, [value, "500"], told=None)
    assert amounts.decide(COLUMN, [value], told="decimal-comma") == "decimal-comma"


def test_a_column_of_whole_numbers_has_thousands_only():
    assert amounts.decide(COLUMN, ["2,822"], told=None, whole=True) == "decimal-point"
    assert amounts.decide(COLUMN, ["2.822"], told=None, whole=True) == "decimal-comma"


def test_a_column_of_both_signs_stops():
    with pytest.raises(Invalid, match="decimal point and"):
        amounts.decide(COLUMN, ["1.5", "1,5"], told=None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1100.04", "1100.04"),
        ("1,100.04", "1100.04"),
        ("1 100.04", "1100.04"),
        ("1\u00a0100", "1100"),
        ("-5", "-5"),
        ("−5", "-5"),
        ("(5.50)", "-5.50"),
        ("5-", "-5"),
        ("1.2M", "1200000"),
        ("3k", "3000"),
        (".5", "0.5"),
        ("$1,100", "1100"),
    ],
)
def test_numbers_are_read(text, value):
    assert read(text)[0] == Decimal(value)


def test_unit_and_currency_come_from_the_mapping():
    column = replace(COLUMN, unit=UNITS["M"], currency="USD")
    assert read("1100.04", column) == (Decimal("1100040000"), "USD")
    assert read("$1", column) == (Decimal(1_000_000), "USD")


@pytest.mark.parametrize(
    ("text", "code"), [("€5", "EUR"), ("5 EUR", "EUR"), ("USD 5", "USD"), ("£5", "GBP"), ("5", None)]
)
def test_a_cell_may_say_its_currency(text, code):
    assert read(text) == (Decimal(5), code)


@pytest.mark.parametrize(
    "text",
    [
        "many",
        "1.2.3",
        "12,34.5",
        "1e309",
        "NaN",
        "Infinity",
        "١٢",
        "5 XXL",
        "9" * 16,
        "",
        "5USDX",
        "1,2345.0",
        "0." + "0" * 20_000 + "1",
    ],
)
def test_what_is_no_number_has_a_remedy(text):
    with pytest.raises(Unreadable) as problem:
        read(text)
    assert problem.value.remedy


def test_a_cell_that_contradicts_the_mapping_is_a_mistake():
    with pytest.raises(Unreadable, match="not in USD"):
        read("€5", replace(COLUMN, currency="USD"))
    with pytest.raises(Unreadable, match="own unit"):
        read("5M", replace(COLUMN, unit=UNITS["K"]))


def test_dollars_of_no_country_stop_with_a_sentence():
    with pytest.raises(Invalid, match=r"\$5.*--map Revenue=revenue:USD"):
        amounts.dollars_untold(COLUMN, ["5", "$5"], has_currency_column=False)
    amounts.dollars_untold(replace(COLUMN, currency="USD"), ["$5"], has_currency_column=False)
    amounts.dollars_untold(COLUMN, ["$5"], has_currency_column=True)
