"""Requests under a key: the first is carried out, the same once more gets the same answer, and of two at once one acts.

What breaks off in the middle is never carried out again by itself: whether it was done is then for its sender to see.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from syncd.core.access.answers import InProgressError, KeptAnswer, KeyReusedError, OutcomeUnknownError
from syncd.core.errors import AlreadyExistsError
from syncd.ports.store.transaction import Store, Transaction
from syncd.ports.vault import Vault
from syncd.services.access.secrets import digest_of

_LONGEST = timedelta(minutes=10)
"""A request that has not ended after so long has broken off."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as it left: its status, its headers and its body, in text."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Answers:
    """Keeps answers, sealed, for a day."""

    store: Store
    vault: Vault

    def begin(self, sender: str, key: str, request: str, now: datetime) -> Answered | None:
        """Note that a request is carried out from now on; None: do it. Else what was answered to it before.

        Raises `KeyReusedError`, `InProgressError` and `OutcomeUnknownError`.
        """
        new = KeptAnswer(id=_id(sender, key), request=digest_of(request), at=now)
        try:
            with self.store.transaction() as tx:
                known = self._known(tx, new, now)
        except AlreadyExistsError:  # stored by another between the look and the word
            with self.store.reading() as tx:
                known = tx.kept_answers.find(new.id)
        return None if known is None else self._of(known, new, now)

    def _known(self, tx: Transaction, new: KeptAnswer, now: datetime) -> KeptAnswer | None:
        known = tx.kept_answers.find(new.id)
        if known is not None and not known.is_over(now):
            return known
        if known is not None:
            tx.kept_answers.remove(known.id)
        tx.kept_answers.add(new)
        return None

    def _of(self, known: KeptAnswer, new: KeptAnswer, now: datetime) -> Answered:
        if known.request != new.request:
            raise KeyReusedError
        if known.status is None or known.sealed is None:
            if known.broke_off or now - known.at >= _LONGEST:
                raise OutcomeUnknownError
            raise InProgressError(seconds=1)
        kept = json.loads(self.vault.unseal(known.sealed))
        return Answered(known.status, kept["headers"], kept["body"])

    def keep(self, sender: str, key: str, answered: Answered) -> None:
        """Keep what was answered."""
        text = json.dumps({"headers": dict(answered.headers), "body": answered.body})
        self._change(sender, key, status=answered.status, sealed=self.vault.seal(text))

    def broke_off(self, sender: str, key: str) -> None:
        """Note that nobody knows whether it was done."""
        self._change(sender, key, broke_off=True)

    def forget(self, sender: str, key: str) -> None:
        """Forget a request that had no effect: sent once more, it is tried once more."""
        with self.store.transaction() as tx:
            tx.kept_answers.remove(_id(sender, key))

    def _change(self, sender: str, key: str, **changes: object) -> None:
        with self.store.transaction() as tx:
            known = tx.kept_answers.find(_id(sender, key))
            if known is not None:
                tx.kept_answers.save(replace(known, **changes))  # type: ignore[arg-type]  # only fields are named


def _id(sender: str, key: str) -> str:
    return digest_of(f"{sender}|{key}")
