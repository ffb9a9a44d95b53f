"""The round of alerts: looks what somebody should act on, decides what is said of it now, and has it said.

What was said is remembered in the transaction that queues the notices and gives the round back: a crash, a restart or
another worker tells nobody twice. While nothing is out of order, the round ends with a ping.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from syncd.core.access.principal import Role
from syncd.core.reporting.alerts import DRIFT_OPEN, DRIFTS_OPEN, Objectives
from syncd.core.reporting.notices import AlertChannel, Notice
from syncd.core.reporting.telling import Condition, Manner, Telling, tell
from syncd.core.reporting.watching import STALE
from syncd.core.work import ALERT_ROUND, Key, WorkKind
from syncd.ports.alerting import ChannelError, Ping
from syncd.ports.store.ids import new_id
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.reporting.alerts import alerts, not_all_shown
from syncd.services.work.units import Done, Unit

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

Draw = Callable[[Telling, datetime], Mapping[str, Any]]
"""Makes plain data of what is said at a moment: what the webhook is given, and what mails are written from."""

ABOUT_DRIFTS = frozenset({DRIFT_OPEN, DRIFTS_OPEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who is told. ``mail`` None: the admins that may sign in. ``drifts``: who is told of edits; None: the same.

    ``has_webhook``: whether there is a program that takes all of them.
    """

    mail: Sequence[str] | None = None
    drifts: Sequence[str] | None = None
    has_webhook: bool = False

    def addresses(self, tx: Transaction) -> dict[str, tuple[bool, bool]]:
        """Return everybody who gets mail: whether of edits, and whether of all else."""
        admins = self._admins(tx) if self.mail is None else self.mail
        of_drifts = admins if self.drifts is None else self.drifts
        everybody = dict.fromkeys([*admins, *of_drifts])
        return {address: (address in of_drifts, address in admins) for address in everybody}

    def is_there(self, tx: Transaction) -> bool:
        """Tell whether anybody hears anything: what nobody heard counts as not told."""
        return self.has_webhook or bool(self.addresses(tx))

    def wants(self, notice: Notice, tx: Transaction) -> bool:
        """Tell whether the settings still say that a notice goes where it was to go."""
        if notice.channel is AlertChannel.WEBHOOK:
            return self.has_webhook
        return notice.recipient in self.addresses(tx)

    def _admins(self, tx: Transaction) -> list[str]:
        return [user.email for user in tx.users.list() if user.active and user.role is Role.ADMIN]


class Heart:
    """Pings while all is well. A ping that fails harms nothing; it is logged once, and when it works again."""

    def __init__(self, ping: Ping | None) -> None:
        """``ping`` None: nobody listens."""
        self._ping = ping
        self._trouble = ""

    def beat(self) -> None:
        """Ping. Never raises."""
        if self._ping is None:
            return
        try:
            self._ping.ping()
        except ChannelError as error:
            if not self._trouble:
                log.warning("the ping failed", message=error.message)
            self._trouble = error.message
        else:
            if self._trouble:
                log.info("the ping works again")
            self._trouble = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRound:
    """Tells people of alerts. ``draw`` makes what leaves of what is said."""

    store: Store
    objectives: Objectives
    manner: Manner
    audience: Audience
    every: timedelta
    draw: Draw
    heart: Heart = field(default_factory=lambda: Heart(None))

    def expect(self, now: datetime) -> None:
        """See to it that rounds are made, from now on."""
        with self.store.transaction() as tx:
            tx.works.poke(Key(WorkKind.ALERT, ALERT_ROUND), due_at=now)

    def work(self, unit: Unit) -> Done:
        """Make one round."""
        with unit.store.reading() as tx:
            found = alerts(tx, unit.now, self.objectives)
            known = tx.conditions.list()
            manner = self.manner if self.audience.is_there(tx) else self.manner.silent
        told = tell(known, found, unit.now, manner, unseen=not_all_shown(found))
        if all(alert.is_decision for alert in found):
            self.heart.beat()

        def settle(tx: Transaction) -> datetime:
            tx.conditions.replace(told.remembered.values())
            for notice in self._notices(tx, told, unit.now):
                tx.notices.add(notice)
            tx.observations.prune(unit.now - STALE)
            return unit.now + self.every

        return Done(settle=settle, durable=not told.is_silent)

    def _notices(self, tx: Transaction, told: Telling, now: datetime) -> list[Notice]:
        if told.is_silent:
            return []
        made = [
            self._notice(AlertChannel.MAIL, address, _about(told, drifts=drifts, others=others), now)
            for address, (drifts, others) in self.audience.addresses(tx).items()
        ]
        if self.audience.has_webhook:
            made.append(self._notice(AlertChannel.WEBHOOK, "", told, now))
        return [notice for notice in made if notice.content]

    def _notice(self, channel: AlertChannel, recipient: str, told: Telling, now: datetime) -> Notice:
        content = {} if told.is_silent else self.draw(told, now)
        return Notice(id=new_id("ntc"), channel=channel, recipient=recipient, created_at=now, content=content)


def _about(told: Telling, *, drifts: bool, others: bool) -> Telling:
    """Return what of it somebody wants to hear."""

    def heard(conditions: Sequence[Condition]) -> tuple[Condition, ...]:
        return tuple(one for one in conditions if (drifts if one.alert.code in ABOUT_DRIFTS else others))

    return Telling(new=heard(told.new), again=heard(told.again), over=heard(told.over))
