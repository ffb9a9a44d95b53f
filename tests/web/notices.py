"""A practice whose provider gets a notice by a real mail server, and follows its links at the real web part."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from syncd.adapters.passwords import Argon2Passwords
from syncd.bootstrap import System, initialise
from syncd.core.scheduling.appointments import Appointment
from syncd.core.work import WorkKind
from syncd.services.messaging.revert_notices import notice_of_revert
from syncd.services.sync.reconcile import Reconciler
from syncd.settings import load
from tests.builders import NEW_YORK
from tests.claims.practice import ClaimsWorld, dragged
from tests.servers.smtp import MailServer
from tests.working import a_task, work_off

ADDRESS = "https://syncd.example.com"
TODAY = datetime.combine(datetime.now(NEW_YORK).date(), time(10), NEW_YORK)
"""The web part goes by the real clock, so all that happens before it is told from today."""


@contextmanager
def an_installation(folder: Path, monkeypatch: pytest.MonkeyPatch, **variables: str) -> Iterator[System]:
    """Return a new installation on SQLite, with the settings of these variables."""
    given = {"DATABASE__URL": f"sqlite:///{folder}/syncd.db", "SECURITY__KEY_FILE": str(folder / "key"), **variables}
    for name, value in given.items():
        monkeypatch.setenv(f"SYNCD_{name}", value)
    settings = load()
    initialise(settings)
    system = System(settings)
    system.__dict__["passwords"] = Argon2Passwords(memory_kib=64, passes=1)
    try:
        yield system
    finally:
        system.close()


@dataclass
class NoticedPractice(ClaimsWorld):
    """A practice whose notices leave by ``system``'s mailer and arrive at ``post``."""

    system: System = field(kw_only=True)
    post: MailServer = field(kw_only=True)

    @property
    def reconciler(self) -> Reconciler:
        return replace(super().reconciler, on_reverted=partial(notice_of_revert, practice=self.practice))

    def put_back(self, day: int, to: int, found: int) -> Appointment:
        """Book a session, have it dragged to another day, and put back at noon of a third; days count from today."""
        start = TODAY + timedelta(days=day)
        self.now = (start - timedelta(days=30)).astimezone(UTC)
        one = self.book(start=start)
        self.cycle()
        self.edit(one, dragged((TODAY + timedelta(days=to)).isoformat(), 50))
        self.now = (TODAY + timedelta(days=found, hours=2)).astimezone(UTC)
        self.cycle()
        self.revert()
        return one

    def links(self) -> dict[str, str]:
        """Let what waits leave; return the paths of the links in the last mail to the provider, by what they say."""
        work_off(self.store, a_task(WorkKind.MESSAGE, self.system.delivery.deliver), self.now, 100)
        mail = self.post.mails_to(self.provider.email)[-1]
        text = mail.get_body(("plain",))
        assert text is not None
        found: list[Any] = [urlsplit(word) for word in text.get_content().split() if word.startswith(ADDRESS)]
        return {link.path.split("/")[2]: link.path for link in found}
