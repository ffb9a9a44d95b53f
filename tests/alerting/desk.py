"""A practice whose alerts are told: a store, a mail server, a webhook, and rounds at moments that a test chooses."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import partial
from typing import Any

from syncd.adapters.alerting import HttpPing, HttpWebhook
from syncd.adapters.smtp import SmtpAccount, SmtpMailer
from syncd.adapters.wording import TemplateWords
from syncd.core.reporting.alerts import Alert, Objectives
from syncd.core.reporting.telling import Condition, Manner
from syncd.core.work import Pace, WorkKind
from syncd.ports.store.transaction import Store
from syncd.presentation.alert_words import alert_words
from syncd.presentation.documents.alerting import telling_document
from syncd.services.reporting.alerts import alerts, objectives
from syncd.services.reporting.notices import NoticeDelivery
from syncd.services.reporting.telling import AlertRound, Audience, Heart
from tests.alerting.receiver import Receiver
from tests.builders import NOW, a_practice
from tests.servers.smtp import MailServer
from tests.working import a_task, work_off

OPS, SECRET, CONSOLE = "ops@example.com", "a secret of many characters", "https://syncd.example.com"
DRAW = partial(telling_document, console=CONSOLE)
MINUTE = timedelta(minutes=1)
WITHIN = objectives(timedelta(minutes=5))


@dataclass
class Desk:
    """Where alerts are told from. ``now`` is its clock."""

    store: Store
    post: MailServer
    receiver: Receiver | None = None
    now: datetime = NOW
    within: Objectives = WITHIN
    manner: Manner = field(default_factory=Manner)
    audience: Audience = field(default_factory=lambda: Audience(mail=(OPS,)))

    def __post_init__(self) -> None:
        self.mailer = SmtpMailer(SmtpAccount(host="127.0.0.1", port=self.post.port, security="none", timeout=10))
        if self.receiver is not None:
            self.audience = replace(self.audience, has_webhook=True)
            self.heart = Heart(HttpPing(self.receiver.url, timeout=5))
        else:
            self.heart = Heart(None)

    def close(self) -> None:
        self.mailer.close()

    @property
    def alert_round(self) -> AlertRound:
        return AlertRound(
            store=self.store,
            objectives=self.within,
            manner=self.manner,
            audience=self.audience,
            every=MINUTE,
            draw=DRAW,
            heart=self.heart,
        )

    @property
    def notices(self) -> NoticeDelivery:
        return NoticeDelivery(
            store=self.store,
            audience=self.audience,
            practice=a_practice(),
            mailer=self.mailer,
            draw=DRAW,
            write=lambda notice: TemplateWords().write("admin", "alert", alert_words(notice.content, a_practice())),
            webhook=HttpWebhook(self.receiver.url, SECRET, timeout=5) if self.receiver else None,
            ping=HttpPing(self.receiver.url, timeout=5) if self.receiver else None,
        )

    def rounds(self, number: int = 1, deliver: bool = True) -> None:
        """Let so many minutes pass, with the round and the deliveries that come due in each."""
        made = self.alert_round
        for _ in range(number):
            made.expect(self.now)
            work_off(self.store, a_task(WorkKind.ALERT, made.work, pace=Pace(farthest=timedelta(hours=1))), self.now, 1)
            if deliver:
                self.deliver()
            self.now += MINUTE

    def deliver(self) -> list[str]:
        """Try all notices that are due."""
        task = a_task(WorkKind.NOTICE, self.notices.deliver, pace=Pace(farthest=timedelta(hours=1)))
        return work_off(self.store, task, self.now)

    def alerts(self) -> list[Alert]:
        with self.store.reading() as tx:
            return alerts(tx, self.now, self.within)

    def codes(self) -> list[str]:
        return [alert.code for alert in self.alerts()]

    def only(self, code: str) -> Alert:
        """Return the one alert that there is, which must be of that code."""
        (alert,) = self.alerts()
        assert alert.code == code
        return alert

    def remembered(self) -> list[Condition]:
        with self.store.reading() as tx:
            return list(tx.conditions.list())

    def mails(self, to: str = OPS) -> list[EmailMessage]:
        return self.post.mails_to(to)

    def subjects(self, to: str = OPS) -> list[str]:
        return [str(mail["Subject"]) for mail in self.mails(to)]

    def posts(self) -> list[Any]:
        assert self.receiver is not None
        return [request.document for request in self.receiver.requests if request.method == "POST"]

    def pings(self) -> int:
        assert self.receiver is not None
        return sum(request.method == "GET" for request in self.receiver.requests)


def words_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())
