"""What a change would do, before it is made: sessions and mails, and every time that is taken already."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from syncd.core.errors import AppointmentStateError
from syncd.core.messaging.outbox import Message
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Scope
from syncd.core.scheduling.booking import first_met
from syncd.core.scheduling.series import given_instances, tail_of
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.scheduling.changes import Effect, Step, Terms
from syncd.services.scheduling.rescheduling import Reschedule, moves_of


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would change: each session before and after, and the mails that would go out."""

    steps: tuple[Step, ...] = ()
    messages: tuple[Message, ...] = ()


class Clash(NamedTuple):
    """A session at its new time, and what stands there. ``of_client``: the client's, with another provider."""

    session: Appointment
    other: Appointment
    of_client: bool


class _ForeseenError(Exception):
    """Takes back what was tried."""


def foreseen(store: Store, terms: Terms, act: Callable[[Transaction, Terms], object]) -> Foreseen:
    """Carry something out in a transaction that is taken back; return what it did. Raises what ``act`` raises."""
    steps: list[Step] = []
    messages: list[Message] = []

    def heard(tx: Transaction, effect: Effect) -> list[Message]:
        steps.extend(effect.steps)
        made = list(terms.messages_for(tx, effect))
        messages.extend(made)
        return made

    try:
        with store.transaction() as tx:
            act(tx, replace(terms, messages_for=heard))
            raise _ForeseenError  # noqa: TRY301 - the exception is what takes the transaction back
    except _ForeseenError:
        return Foreseen(tuple(steps), tuple(messages))


def clashes(tx: Transaction, asked: Reschedule, terms: Terms) -> list[Clash]:
    """Return every session that would meet another one by a rescheduling, not the first alone.

    Sessions of endless series that are not in the store yet are met only when it is carried out.
    """
    moves = moves_of(tx, asked, terms)
    moving = {after.id for _, after in moves}
    return [clash for before, after in moves for clash in _of_one(tx, before, after, moving)]


def _of_one(tx: Transaction, before: Appointment, after: Appointment, moving: set[str]) -> Iterator[Clash]:
    there = [
        one for one in tx.appointments.overlapping(after.provider_id, after.start, after.end) if one.id not in moving
    ]
    yield from (Clash(after, one, of_client=False) for one in there)
    of_client = tx.appointments.overlapping_of_client(after.client_id, after.start, after.end)
    for one in of_client:
        if one.provider_id != after.provider_id and first_met(before, [one]) is None:
            yield Clash(after, one, of_client=True)


class ScopeChoice(NamedTuple):
    """How many sessions a change of that scope is about, and the last of them in the store; more follow if endless."""

    scope: Scope
    sessions: int
    last: Appointment
    is_endless: bool


def scopes_of(tx: Transaction, one: Appointment, now: datetime) -> list[ScopeChoice]:
    """Return the scopes that a change of an appointment may have; of one that is in no series this one alone."""
    choices = [ScopeChoice(Scope.THIS, 1, one, is_endless=False)]
    if one.series_id is None:
        return choices
    series = tx.series.get(one.series_id)
    instances = given_instances(series, tx.appointments.list(AppointmentQuery(series_id=series.id)))
    for scope in (Scope.FUTURE, Scope.ALL):
        try:
            tail = tail_of(instances, one, scope, now)
        except AppointmentStateError:  # a later session has begun: only single ones can be changed from here on
            return choices
        booked = [each for each in tail if each.status is AppointmentStatus.BOOKED]
        if booked and len(booked) != choices[-1].sessions:
            choices.append(ScopeChoice(scope, len(booked), booked[-1], series.extended_until is not None))
    return choices
