"""Forms that take several pages: what was filled in so far, sealed, bound to the session, kept for half an hour."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from syncd.core.access.accounts import UnsentForm
from syncd.ports.errors import VaultError
from syncd.ports.store.transaction import Store
from syncd.ports.vault import Vault

KEPT_FOR: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class UnsentForms:
    """Keeps answers that may hold a password: nothing of them goes back into a page but what the page asks for."""

    store: Store
    vault: Vault

    def keep(self, session_id: str, purpose: str, answers: Mapping[str, Any], now: datetime) -> None:
        """Store the answers in place of earlier ones."""
        sealed = self.vault.seal(json.dumps(answers))
        form = UnsentForm(session_id=session_id, purpose=purpose, sealed=sealed, expires_at=now + KEPT_FOR)
        with self.store.transaction() as tx:
            tx.unsent_forms.put(form, now)

    def of(self, session_id: str, purpose: str, now: datetime) -> dict[str, Any]:
        """Return the answers; none where there never were any, they have expired, or no key opens them any more."""
        with self.store.reading() as tx:
            form = tx.unsent_forms.find(session_id, purpose)
        if form is None or form.expires_at <= now:
            return {}
        try:
            answers: dict[str, Any] = json.loads(self.vault.unseal(form.sealed))
        except VaultError:
            return {}
        return answers

    def drop(self, session_id: str, purpose: str) -> None:
        """Forget the answers."""
        with self.store.transaction() as tx:
            tx.unsent_forms.drop(session_id, purpose)
