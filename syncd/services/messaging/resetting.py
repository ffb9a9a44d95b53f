"""The mail with a link by which somebody who forgot the password chooses another one."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from syncd.core.access.accounts import RESET_VALID
from syncd.core.errors import SyncdError
from syncd.core.sync.publishing import Practice
from syncd.ports.mail import Mailer, Words
from syncd.ports.store.ids import new_id
from syncd.ports.store.transaction import Store
from syncd.services.access.users import ask_for_reset
from syncd.services.messaging.house_mail import house_mail

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetMails:
    """Sends such mails. ``console``: where people reach the pages, without a slash at the end."""

    store: Store
    mailer: Mailer
    words: Words
    practice: Practice
    console: str

    def send(self, email: str, now: datetime) -> None:
        """Send the link if somebody active has that address, else do nothing; whoever asked is told neither.

        A mail that cannot be sent is in the log: it is asked for again, and its link is good for an hour alone.
        """
        invited = ask_for_reset(self.store, email, now)
        if invited is None:
            return
        values = {
            "practice": self.practice,
            "name": invited.user.name,
            "link": f"{self.console}/welcome/{invited.secret}",
            "minutes": int(RESET_VALID.total_seconds() // 60),
        }
        try:
            letter = self.words.write("admin", "reset", values)
            self.mailer.send(house_mail(self.practice, letter, new_id("rst"), invited.user.email, now))
        except SyncdError as error:
            log.warning("mail with a link to choose a password was not sent", user=invited.user.id, code=error.code)
