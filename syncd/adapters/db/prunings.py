"""What is over: which rows these are, said once for finding them and for letting go of them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Table,
    TextClause,
    and_,
    delete,
    exists,
    false,
    func,
    or_,
    select,
    tuple_,
    update,
)

from syncd.adapters.db import access_tables as _accounts
from syncd.adapters.db import alerting_tables as _alerting
from syncd.adapters.db import api_tables as _api
from syncd.adapters.db import hours_tables as _forms
from syncd.adapters.db import tables
from syncd.adapters.db.inbound_tables import inbound_mails as _mails
from syncd.adapters.db.rows import Repository
from syncd.core.claims.claim import ClaimStatus
from syncd.core.messaging.outbox import MessageStatus
from syncd.core.scheduling.appointments import SourceKind
from syncd.core.sync.drift import DriftStatus
from syncd.core.sync.publication import PublicationState
from syncd.core.work import WorkKind
from syncd.ports.store.pruning import Litter, Mark

Conditions = Sequence[ColumnElement[bool] | TextClause]

_publications, _drifts, _messages, _work = tables.publications, tables.drifts, tables.messages, tables.work
_sessions, _series, _claims, _concerned = tables.appointments, tables.series, tables.claims, tables.drift_appointments

_UNDECIDED = _claims.c.status.in_([ClaimStatus.PENDING, ClaimStatus.HELD])
_PASSING = (WorkKind.MESSAGE, WorkKind.DIGEST, WorkKind.NOTICE, WorkKind.WEBHOOK)
"""Units that come and go; a unit of another kind that fails rests as long as its subject is there."""

_LASTING = (WorkKind.CLAIM, WorkKind.SERIES)
"""Units that come back when there is news about their subject."""


class _Kind(NamedTuple):
    """Where a kind of litter lies, which of it is over before a moment, and what becomes of it: None: it goes."""

    table: Table
    is_over: Callable[[datetime], Conditions]
    left: Mapping[str, Any] | None = None

    @property
    def mark(self) -> list[ColumnElement[Any]]:
        """The columns by which one row is told from the others."""
        return list(self.table.primary_key.columns)


class SqlPrunings(Repository):
    """What is over, in the database."""

    def over(self, litter: Litter, before: datetime, *, after: Mark | None = None, limit: int) -> Sequence[Mark]:
        """Return the next entries that were over before then."""
        kind = _KINDS[litter]
        query = select(*kind.mark).where(*kind.is_over(before)).order_by(*kind.mark).limit(limit)
        if after is not None:
            query = query.where(tuple_(*kind.mark) > after if len(after) > 1 else kind.mark[0] > after[0])
        return [tuple(row) for row in self._connection.execute(query)]

    def let_go(self, litter: Litter, before: datetime, marks: Sequence[Mark]) -> int:
        """Let go of these, as far as they are still over."""
        kind = _KINDS[litter]
        these: ColumnElement[bool] = kind.mark[0].in_([mark[0] for mark in marks])
        if len(kind.mark) > 1:
            these = and_(these, tuple_(*kind.mark).in_(marks))
        left = kind.left
        statement = delete(kind.table) if left is None else update(kind.table).values(**left)
        done: CursorResult[Any] = self._connection.execute(statement.where(these, *kind.is_over(before)))
        return done.rowcount


def _all_sessions_over(before: datetime) -> ColumnElement[bool]:
    """Return that every session of a publication ended before then, and that its series gives no other."""
    return or_(
        and_(
            _publications.c.source_kind == SourceKind.APPOINTMENT,
            exists().where(_sessions.c.id == _publications.c.source_id, _sessions.c.ends_at < before),
        ),
        and_(
            _publications.c.source_kind == SourceKind.SERIES,
            exists().where(_series.c.id == _publications.c.source_id, _series.c.extended_until.is_(None)),
            ~exists().where(_sessions.c.series_id == _publications.c.source_id, _sessions.c.ends_at >= before),
        ),
    )


def _retiring(before: datetime) -> Conditions:
    return _all_sessions_over(before), tables.WATCHED


def _bodies(before: datetime) -> Conditions:
    own = exists().where(_claims.c.appointment_id == _publications.c.source_id, _UNDECIDED)
    of_series = exists().where(
        _sessions.c.series_id == _publications.c.source_id, _claims.c.appointment_id == _sessions.c.id, _UNDECIDED
    )
    # Either by an index: an "or" within one of them would be looked for in all there is.
    waits = or_(own, and_(_publications.c.source_kind == SourceKind.SERIES, of_series))
    is_open = (_drifts.c.status == DriftStatus.OPEN, _drifts.c.publication_id.is_not(None))
    in_drift = _publications.c.id.in_(select(_drifts.c.publication_id).where(*is_open))
    is_kept = and_(_publications.c.state == PublicationState.RETIRED, _publications.c.body.is_not(None))
    return is_kept, _all_sessions_over(before), ~in_drift, ~waits


def _settled_drifts(before: datetime) -> Conditions:
    those = _concerned.c.drift_id == _drifts.c.id
    to_come = exists().where(those, _sessions.c.id == _concerned.c.appointment_id, _sessions.c.ends_at >= before)
    waits = exists().where(those, _claims.c.appointment_id == _concerned.c.appointment_id, _UNDECIDED)
    return (
        _drifts.c.status != DriftStatus.OPEN,
        _drifts.c.detected_at < before,
        func.coalesce(_drifts.c.resolved_at, _drifts.c.detected_at) < before,
        ~to_come,
        ~waits,
    )


def _long_over(appointment_id: ColumnElement[Any], before: datetime) -> Conditions:
    """Return that a session, and all of its series, ended before then, and that no open drift concerns it."""
    own, other = _sessions.alias("own"), _sessions.alias("other")
    of_series = or_(
        exists().where(other.c.series_id == own.c.series_id, other.c.ends_at >= before),
        exists().where(_series.c.id == own.c.series_id, _series.c.extended_until.is_not(None)),
    )
    goes_on = or_(own.c.ends_at >= before, and_(own.c.series_id.is_not(None), of_series))
    in_drift = _concerned.join(_drifts, _drifts.c.id == _concerned.c.drift_id)
    waiting = select(_concerned.c.appointment_id).select_from(in_drift).where(_drifts.c.status == DriftStatus.OPEN)
    return ~exists().where(own.c.id == appointment_id, goes_on), appointment_id.not_in(waiting)


def _old_messages(before: datetime) -> Conditions:
    return (
        _messages.c.status.in_([MessageStatus.SENT, MessageStatus.MERGED]),
        _messages.c.created_at < before,
        *_long_over(_messages.c.appointment_id, before),
    )


def _old_mails(before: datetime) -> Conditions:
    about = func.coalesce(_mails.c.appointment_id, "")  # of what is about nothing known there is no session to wait for
    return _mails.c.received_at < before, *_long_over(about, before)


def _resting_work(before: datetime) -> Conditions:
    is_of_kind = or_(_work.c.kind.in_(_PASSING), and_(_work.c.kind.in_(_LASTING), _work.c.attempts == 0))
    return is_of_kind, _work.c.due_at.is_(None), _work.c.owner.is_(None), _work.c.last_tried_at < before


def _tokens(before: datetime) -> Conditions:
    table = _accounts.api_tokens
    return (or_(table.c.expires_at < before, func.coalesce(table.c.revoked_at < before, false())),)


_LET_GO = {"etag": None, "schedule_tag": None, "body": None, "intent_body": None, "intent_base": None}

_KINDS: Mapping[Litter, _Kind] = {
    Litter.WATCHED: _Kind(_publications, _retiring, {"state": PublicationState.RETIRED}),
    Litter.BODIES: _Kind(_publications, _bodies, _LET_GO),
    Litter.DRIFTS: _Kind(_drifts, _settled_drifts),
    Litter.MESSAGES: _Kind(_messages, _old_messages),
    Litter.MAILS: _Kind(_mails, _old_mails),
    Litter.WORK: _Kind(_work, _resting_work),
    Litter.NOTICES: _Kind(_alerting.alert_notices, lambda before: [_alerting.alert_notices.c.created_at < before]),
    Litter.SESSIONS: _Kind(_accounts.sessions, lambda before: [_accounts.sessions.c.started_at < before]),
    Litter.LINKS: _Kind(_accounts.one_time_links, lambda before: [_accounts.one_time_links.c.expires_at < before]),
    Litter.TOKENS: _Kind(_accounts.api_tokens, _tokens),
    Litter.TRIES: _Kind(_accounts.sign_in_tries, lambda before: [_accounts.sign_in_tries.c.last_at < before]),
    Litter.FORMS: _Kind(_forms.form_keys, lambda before: [_forms.form_keys.c.used_at < before]),
    Litter.ANSWERS: _Kind(_api.kept_answers, lambda before: [_api.kept_answers.c.at < before]),
    Litter.HOOKS: _Kind(_api.hook_deliveries, lambda before: [_api.hook_deliveries.c.at < before]),
}
