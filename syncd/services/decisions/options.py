"""What can be decided about a drift now: for each decision what it will do, or why it cannot be made."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from syncd.core.errors import ClientOverlapError, DecisionError, RefusalError
from syncd.core.events.findings import Kind
from syncd.core.sync.acceptance import Request, expected_of, requests_answered
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.decisions.answers import requests_by_mail, why_not_kept
from syncd.services.decisions.drifts import DISMISSABLE, Decisions, carry_out, requests_seen, why_unwatched
from syncd.services.scheduling.changes import Terms
from syncd.services.scheduling.foreseeing import Foreseen, foreseen


class Decision(StrEnum):
    """What a person can decide."""

    REVERT = "revert"
    ACCEPT = "accept"
    DISMISS = "dismiss"


@dataclass(frozen=True, slots=True)
class Option:
    """One decision. ``why_not`` is empty where it can be made.

    ``foreseen`` is what an acceptance would do, None where only a look at the calendar tells. ``overlap``: it can be
    made only by somebody who says that the client is meant to have two sessions at once.
    """

    decision: Decision
    why_not: str = ""
    foreseen: Foreseen | None = None
    overlap: bool = False

    @property
    def allowed(self) -> bool:
        """Tell whether it can be made."""
        return not self.why_not


def options(store: Store, drift: Drift, terms: Terms) -> list[Option]:
    """Return every decision on a drift. No calendar is asked, and nothing is changed: what is tried is taken back."""
    if drift.status is not DriftStatus.OPEN:
        return []
    with store.reading() as tx:
        unwatched = why_unwatched(tx, drift)
        kept = why_not_kept(tx, drift, terms) if drift.by_mail else ""
        sessions = [tx.appointments.get(one) for one in sorted(drift.concerned)]
    if unwatched:
        why = f"{unwatched}: nothing can be put back there or taken over from there."
        return [Option(Decision.REVERT, why), Option(Decision.ACCEPT, why), Option(Decision.DISMISS)]
    in_order = sorted(sessions, key=lambda one: (one.start, one.id))
    try:
        expected = requests_answered if drift.by_mail else expected_of
        accepting = _foreseen_by(store, expected(drift.findings, in_order, terms.now), terms)
    except DecisionError as error:
        accepting = Option(Decision.ACCEPT, error.message)
    return [Option(Decision.REVERT, kept), accepting, _dismissal(drift)]


def foresee(decisions: Decisions, drift_id: str, terms: Terms, *, allow_overlap: bool = False) -> Foreseen:
    """Return exactly what accepting a drift would do now, after a look at the calendar; nothing is changed.

    Raises as `Decisions.accept` does.
    """
    store = decisions.reconciler.store
    with store.reading() as tx:
        known = tx.drifts.get(drift_id)
        asked = requests_by_mail(tx, known, terms) if known.by_mail else None
    if asked is not None:
        return tried(store, asked, terms, allow_overlap=allow_overlap)
    with decisions.examined(drift_id, terms) as (drift, resource, held):
        requests = requests_seen(drift, resource, terms.now)
        return tried(held, requests, terms, allow_overlap=allow_overlap)


def tried(store: Store, requests: Iterable[Request], terms: Terms, *, allow_overlap: bool = False) -> Foreseen:
    """Carry requests out in a transaction that is taken back; return what they did."""

    def act(tx: Transaction, heard: Terms) -> None:
        for request in requests:
            carry_out(tx, request, heard, "", allow_overlap=allow_overlap)

    return foreseen(store, terms, act)


def _foreseen_by(store: Store, requests: tuple[Request, ...] | None, terms: Terms) -> Option:
    if requests is None:
        return Option(Decision.ACCEPT)
    try:
        return Option(Decision.ACCEPT, foreseen=tried(store, requests, terms))
    except ClientOverlapError:
        return Option(Decision.ACCEPT, foreseen=tried(store, requests, terms, allow_overlap=True), overlap=True)
    except RefusalError as error:
        return Option(Decision.ACCEPT, error.message)


def _dismissal(drift: Drift) -> Option:
    if left := set(drift.kinds) - DISMISSABLE:
        what = "Who takes part" if left == {Kind.ATTENDEES} else "A time"
        return Option(Decision.DISMISS, f"{what} cannot stay wrong. Only words and places can be left as written.")
    return Option(Decision.DISMISS)
