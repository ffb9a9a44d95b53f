"""Mail that came in, in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, exists, func, literal, or_, select, union_all

from syncd.adapters.db import inbound_tables, tables
from syncd.adapters.db.rows import Repository
from syncd.adapters.db.work_statements import insert_into
from syncd.core.inbound.judging import Given
from syncd.core.inbound.outcomes import MailEffect, Reason, Received
from syncd.core.messaging.outbox import MessageStatus
from syncd.core.scheduling.appointments import SourceKind, SourceRef
from syncd.core.scheduling.people import Party
from syncd.ports.inbound import Place
from syncd.ports.store.inbound import AnswerGiven, Bounced

_mails, _answers = inbound_tables.inbound_mails, inbound_tables.inbound_answers
_bounced, _mailboxes = inbound_tables.bounced_addresses, inbound_tables.mailboxes
_NOT_KEPT = frozenset({"answer"})
_FIELDS = tuple(name for name in Received.__slots__ if name not in _NOT_KEPT)


class SqlInbound(Repository):
    """Mail that came in, in the database."""

    def add(self, received: Received) -> None:
        """Put one on record."""
        values = {name: getattr(received, name) for name in _FIELDS}
        self._insert(_mails, values, "That mail is on record already. See: syncd mail list")

    def get(self, mail_id: str) -> Received:
        """Return one."""
        return _received(self._one(select(_mails).where(_mails.c.id == mail_id), _missing(mail_id)))

    def by_digest(self, digest: str) -> Received | None:
        """Return the one with that digest."""
        rows = self._many(select(_mails).where(_mails.c.digest == digest))
        return _received(rows[0]) if rows else None

    def list(
        self, *, quarantined: bool = False, after: str | None = None, limit: int | None = None
    ) -> Sequence[Received]:
        """Return all, or those that wait for a person, the newest first."""
        query = select(_mails).order_by(_mails.c.number.desc()).limit(limit)
        if quarantined:
            query = query.where(_mails.c.effect == MailEffect.QUARANTINED)
        if after is not None:
            row = self._one(select(_mails.c.number).where(_mails.c.id == after), _missing(after))
            query = query.where(_mails.c.number < row["number"])
        return [_received(row) for row in self._many(query)]

    def event(self, uid: str) -> SourceRef | None:
        """Return what stands under a UID in the record."""
        series, single = tables.series, tables.appointments
        found = union_all(
            select(literal(SourceKind.SERIES.value).label("kind"), series.c.id).where(series.c.uid == uid),
            select(literal(SourceKind.APPOINTMENT.value), single.c.id).where(
                single.c.uid == uid, single.c.series_id.is_(None)
            ),
        )
        row = self._connection.execute(found.limit(1)).first()
        return SourceRef(SourceKind(row[0]), row[1]) if row is not None else None

    def is_anybodys(self, address: str) -> bool:
        """Tell whether a provider or a client has that address."""
        people = (tables.providers, tables.clients)
        found = union_all(*(select(one.c.id).where(one.c.email_key == address.casefold()) for one in people))
        return self._connection.execute(found.limit(1)).first() is not None

    def give(self, answer: AnswerGiven) -> None:
        """Put an answer on record."""
        self._insert(_answers, answer._asdict(), "That answer is on record already.")

    def is_given(self, key: str) -> bool:
        """Tell whether an answer is on record."""
        return self._connection.execute(select(_answers.c.key).where(_answers.c.key == key)).first() is not None

    def given(self, uid: str, party: Party, instance: datetime | None) -> Sequence[Given]:
        """Return a party's answers about one instance, or about the whole."""
        query = select(_answers.c.sequence, _answers.c.stamp).where(_answers.c.uid == uid, _answers.c.party == party)
        of_it = _answers.c.instance.is_(None) if instance is None else _answers.c.instance == instance
        return [Given(**row) for row in self._many(query.where(of_it))]

    def mark(self, bounced: Bounced) -> None:
        """Note that mail fails at an address."""
        self._put(_bounced, "address", bounced._asdict())

    def unmark(self, address: str) -> None:
        """Forget that mail failed there."""
        self._connection.execute(delete(_bounced).where(_bounced.c.address == address))

    def marked(self) -> Sequence[Bounced]:
        """Return the addresses of active people at which mail fails."""
        people = [
            exists().where(table.c.email_key == _bounced.c.address, table.c.active)
            for table in (tables.providers, tables.clients)
        ]
        messages = tables.messages
        has_left = exists().where(
            func.lower(messages.c.recipient) == _bounced.c.address,
            messages.c.status == MessageStatus.SENT,
            messages.c.sent_at > _bounced.c.at,
        )
        query = select(_bounced).where(or_(*people), ~has_left).order_by(_bounced.c.at, _bounced.c.address)
        return [Bounced(**row) for row in self._many(query)]

    def place(self, mailbox: str) -> Place | None:
        """Return up to where a mailbox was read."""
        row = self._connection.execute(
            select(_mailboxes.c.validity, _mailboxes.c.uid).where(_mailboxes.c.name == mailbox)
        ).first()
        return Place(row[0], row[1]) if row is not None else None

    def move_on(self, mailbox: str, place: Place) -> None:
        """Note up to where it was read."""
        self._put(_mailboxes, "name", {"name": mailbox, **place._asdict()})

    def _put(self, table: Any, key: str, values: dict[str, Any]) -> None:
        insertion = insert_into(self._connection.dialect.name, table)
        changed = {name: insertion.excluded[name] for name in values if name != key}
        self._connection.execute(insertion.on_conflict_do_update(index_elements=[key], set_=changed), values)


def _missing(mail_id: str) -> str:
    return f"No mail {mail_id!r}. See: syncd mail list"


def _received(row: RowMapping) -> Received:
    kept = {name: row[name] for name in _FIELDS}
    party = Party(row["party"]) if row["party"] else None
    return Received(**{**kept, "effect": MailEffect(row["effect"]), "reason": Reason(row["reason"]), "party": party})
