"""Notices of alerts on their way: delivered at least once, with patience, and given up once they say nothing."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from syncd.core.access.permissions import Permission, require
from syncd.core.access.principal import Principal
from syncd.core.errors import RefusalError, SyncdError
from syncd.core.reporting.alerts import TEST, Alert, Urgency
from syncd.core.reporting.notices import OUT_OF_DATE, AlertChannel, Notice
from syncd.core.reporting.telling import Condition, Telling
from syncd.core.sync.publishing import Practice
from syncd.ports.alerting import ChannelError, Ping, Webhook
from syncd.ports.mail import Envelope, Letter, Mailer, PermanentMailError
from syncd.ports.store.ids import new_id
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.messaging.house_mail import house_mail
from syncd.services.reporting.telling import Audience, Draw
from syncd.services.work.units import Done, Unit, at_rest, trouble_of


class NoChannelError(RefusalError):
    """Nobody is told of alerts: set alerts.mail, alerts.webhook or alerts.ping, or add an admin (syncd user add)."""

    code = "no_channel"


class Tried(NamedTuple):
    """How a test of one channel went; ``message`` says what happened in words."""

    channel: str
    to: str
    ok: bool
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDelivery:
    """Delivers notices, and tries the channels when a person asks for it. ``write`` words a mail."""

    store: Store
    audience: Audience
    practice: Practice
    mailer: Mailer
    draw: Draw
    write: Callable[[Notice], Letter]
    webhook: Webhook | None = None
    ping: Ping | None = None

    def deliver(self, unit: Unit) -> Done:
        """Try one notice. Refused for now it is tried again, for good it is given up."""
        with unit.store.reading() as tx:
            notice = tx.notices.find(unit.subject)
            if notice is None or notice.sent_at is not None or notice.given_up or not self.audience.wants(notice, tx):
                return Done(settle=at_rest)
        if notice.created_at < unit.now - OUT_OF_DATE:
            return _saving(replace(notice, given_up=True))
        try:
            self._send(notice, unit.now)
        except SyncdError as error:
            return _failed(notice, error)
        return _saving(replace(notice, attempts=notice.attempts + 1, sent_at=unit.now, last_error=None))

    def try_all(self, by: Principal, now: datetime) -> tuple[Alert, list[Tried]]:
        """Send a test over every channel, and return it and how each went. Raises `NoChannelError` without any."""
        require(by, Permission.MANAGE_SYSTEM)
        alert = Alert(TEST, "alerts", now, "This is a test: somebody wants to know whether alerts arrive.", _NOTHING)
        alert = replace(alert, severity=Urgency.NOTICE)
        tried = list(self._trying(alert, now))
        if not tried:
            raise NoChannelError
        return alert, tried

    def _trying(self, alert: Alert, now: datetime) -> Iterator[Tried]:
        telling = Telling(new=(Condition(alert=alert, first_seen_at=now),))
        content = self.draw(telling, now)
        with self.store.reading() as tx:
            addresses = list(self.audience.addresses(tx))
        for address in addresses:
            notice = _test_notice(AlertChannel.MAIL, address, content, now)
            yield _tried("mail", address, lambda notice=notice: self._send(notice, now))
        if self.webhook is not None:
            notice = _test_notice(AlertChannel.WEBHOOK, "", content, now)
            yield _tried("webhook", "", lambda notice=notice: self._send(notice, now))
        if self.ping is not None:
            yield _tried("ping", "", self.ping.ping)

    def _send(self, notice: Notice, now: datetime) -> str:
        if notice.channel is AlertChannel.MAIL:
            self.mailer.send(self._envelope(notice))
            return f"A mail to {notice.recipient} was handed over."
        if self.webhook is None:
            raise ChannelError("There is no webhook any more.")
        return self.webhook.post(notice.id, body_of(notice, self.practice.name), now)

    def _envelope(self, notice: Notice) -> Envelope:
        return house_mail(self.practice, self.write(notice), notice.id, notice.recipient, notice.created_at)


def body_of(notice: Notice, practice: str) -> bytes:
    """Return what the webhook is given: the same bytes in every attempt."""
    document = {"id": notice.id, "practice": practice, **notice.content}
    return json.dumps(document, ensure_ascii=False, sort_keys=True).encode()


def _test_notice(channel: AlertChannel, recipient: str, content: Mapping[str, Any], now: datetime) -> Notice:
    return Notice(id=new_id("ntc"), channel=channel, recipient=recipient, created_at=now, content=content)


def _tried(channel: str, to: str, attempt: Any) -> Tried:
    try:
        return Tried(channel, to, True, attempt())
    except SyncdError as error:
        return Tried(channel, to, False, error.message)


def _failed(notice: Notice, error: SyncdError) -> Done:
    after = replace(notice, attempts=notice.attempts + 1, last_error=error.message)
    if isinstance(error, PermanentMailError):
        return _saving(replace(after, given_up=True))

    def settle(tx: Transaction) -> None:
        tx.notices.save(after)

    return Done(settle=settle, trouble=trouble_of(error), backs_off=True)


def _saving(notice: Notice) -> Done:
    def settle(tx: Transaction) -> None:
        tx.notices.save(notice)

    return Done(settle=settle, durable=True)


_NOTHING = "Nothing has to be done."
