"""Forms that are carried out once: a second press of the same button gets what the first one got."""

import hashlib
from collections.abc import Callable
from datetime import datetime

from syncd.core.errors import InvalidValueError
from syncd.ports.store.transaction import Store, Transaction

_LEAST = 16


def once(store: Store, key: str, owner: str, now: datetime, act: Callable[[Transaction], str]) -> str:
    """Carry a form out in one transaction and return where that led, the address of a page; sent again: the same.

    ``key`` was drawn into the form by chance, ``owner`` is whose form it is: another's key is another key. What is
    refused takes no key, so that it can be sent again. Raises `InvalidValueError` without a key, and what ``act``
    raises.
    """
    if len(key) < _LEAST:
        raise InvalidValueError("This form is not whole. Load the page again and send it anew.")
    digest = hashlib.sha256(f"{owner}|{key}".encode()).hexdigest()
    with store.transaction() as tx:
        if not tx.form_keys.take(digest, now):
            return tx.form_keys.result(digest)
        result = act(tx)
        tx.form_keys.keep(digest, result)
        return result
