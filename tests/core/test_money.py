"""Amounts as people write them."""

import pytest

from syncd.core.errors import InvalidValueError
from syncd.core.scheduling.money import Money, parse_money, written


@pytest.mark.parametrize(
    ("text", "money", "back"),
    [
        ("75.00 USD", Money(7500, "USD"), "75.00 USD"),
        (" 75 eur ", Money(7500, "EUR"), "75.00 EUR"),
        ("0.5 USD", Money(50, "USD"), "0.50 USD"),
        ("5000 JPY", Money(5000, "JPY"), "5000 JPY"),
        ("1.234 KWD", Money(1234, "KWD"), "1.234 KWD"),
    ],
)
def test_an_amount(text: str, money: Money, back: str) -> None:
    """An amount is kept in the currency's smallest unit and written with all its digits."""
    assert parse_money(text) == money
    assert written(money) == back


@pytest.mark.parametrize("text", ["", "75", "USD 75", "75.001 USD", "5.5 JPY", "-1 USD", "1,5 EUR", "75 DOLLARS"])
def test_what_is_no_amount(text: str) -> None:
    """Nothing is guessed, least of all about money."""
    with pytest.raises(InvalidValueError, match=r"75\.00 USD"):
        parse_money(text)
