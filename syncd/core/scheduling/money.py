"""Amounts as people write them: ``75.00 USD``."""

import re
from decimal import Decimal
from typing import NamedTuple

from syncd.core.errors import InvalidValueError


class Money(NamedTuple):
    """An amount in the smallest unit of an ISO 4217 currency (cents)."""

    minor: int
    currency: str


_AMOUNT = re.compile(r"(\d{1,9})(?:\.(\d{1,3}))? ([A-Z]{3})")
_DIGITS = dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"), 0) | dict.fromkeys(
    ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3
)
"""Digits after the point, where they are not two (ISO 4217)."""


def parse_money(text: str) -> Money:
    """Return the amount that ``text`` gives. Raises `InvalidValueError` for what is none."""
    match = _AMOUNT.fullmatch(text.strip().upper())
    digits = _digits(match[3]) if match else 0
    if match is None or len(match[2] or "") > digits:
        raise InvalidValueError(f"{text!r} is no amount. Give one such as 75.00 USD.", amount=text)
    return Money(int(match[1] + (match[2] or "").ljust(digits, "0")), match[3])


def written(money: Money) -> str:
    """Return an amount as people write it."""
    digits = _digits(money.currency)
    return f"{Decimal(money.minor).scaleb(-digits):.{digits}f} {money.currency}"


def _digits(currency: str) -> int:
    return _DIGITS.get(currency, 2)
