"""Ids of records, given by the caller so that a value is whole before it is stored."""

import secrets

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread


def new_id(prefix: str) -> str:
    """Return a fresh id such as ``apt-7m2k9qf3x1``: 50 random bits, easy to read aloud."""
    return f"{prefix}-{''.join(secrets.choice(_ALPHABET) for _ in range(10))}"
