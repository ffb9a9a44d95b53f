"""Attesting many sessions at once: all that one edit was about, or a provider's of a range of days."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from syncd.core.access.permissions import Permission, require
from syncd.core.claims.holds import ClaimRules, HoldCode
from syncd.core.errors import InvalidValueError, RefusalError
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.core.times import instant
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.claims.claims import Attest, ClaimView, attest, view
from syncd.services.decisions.drifts import put_down, why_unwatched
from syncd.services.scheduling.changes import Terms

_LIFTED_BY_A_WORD = frozenset({HoldCode.UNEXPLAINED_EDIT, HoldCode.CALENDAR_GONE, HoldCode.ATTESTED_OTHERWISE})
_NOTHING_TOOK_PLACE = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW})


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a person says of all the sessions: the date, or None for each as planned. ``by`` as in `Attest`."""

    by: str
    date_of_service: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """How it went, session by session.

    ``waiting`` are the ids of sessions that are not over, and ``refused`` those of which it could not be put on record,
    each with the refusal. ``drift`` is the edit that was asked about, as it stands now.
    """

    claims: tuple[ClaimView, ...]
    waiting: tuple[str, ...]
    refused: tuple[tuple[str, RefusalError], ...]
    drift: Drift | None = None


def attest_drift(store: Store, drift_id: str, word: Word, terms: Terms, rules: ClaimRules) -> Attested:
    """Put on record when the sessions took place that a drift is about: each that is over.

    A drift that is open and whose event is watched no longer is settled by it, once nothing of it remains. Raises
    `InvalidValueError` for one date of several sessions, and where nothing is over yet.
    """
    with store.reading() as tx:
        drift = tx.drifts.get(drift_id)
        require(terms.by.who, Permission.ATTEST_CLAIM, provider_id=drift.provider_id)
        sessions = [tx.appointments.get(one) for one in drift.concerned]
    attested = _attest_all(store, sessions, word, terms, rules)
    with store.transaction() as tx:
        return replace(attested, drift=_settled(tx, drift_id, attested, terms))


def attest_range(
    store: Store, provider: str, days: tuple[date, date], word: Word, terms: Terms, rules: ClaimRules
) -> Attested:
    """Put on record when a provider's sessions took place whose date of service lies in ``days``, both included.

    These are the ones whose claims wait for such a word; all others are left alone.
    """
    with store.reading() as tx:
        provider_id = tx.providers.get(provider).id
        require(terms.by.who, Permission.ATTEST_CLAIM, provider_id=provider_id)
        own = tx.appointments.list(AppointmentQuery(provider_id=provider_id))
        sessions = [one for one in own if days[0] <= one.date_of_service <= days[1] and _waits(tx, one, rules, terms)]
    return _attest_all(store, sessions, word, terms, rules)


def _waits(tx: Transaction, one: Appointment, rules: ClaimRules, terms: Terms) -> bool:
    return bool(view(tx, one.id, rules, terms.now).codes & _LIFTED_BY_A_WORD)


def _attest_all(store: Store, sessions: Iterable[Appointment], word: Word, terms: Terms, rules: ClaimRules) -> Attested:
    """Attest each session in a transaction of its own, so that one that is refused keeps no other from it."""
    in_order = sorted(sessions, key=lambda one: (instant(one.start), one.id))
    took_place = [one for one in in_order if one.status not in _NOTHING_TOOK_PLACE]
    over = [one for one in took_place if instant(one.end) <= instant(terms.now)]
    _check_asked(over, word)
    claims, refused = [], []
    for one in over:
        asked = Attest(
            ref=one.id, date_of_service=word.date_of_service or one.date_of_service, by=word.by, note=word.note
        )
        try:
            with store.transaction() as tx:
                claims.append(attest(tx, asked, terms, rules))
        except RefusalError as error:
            refused.append((one.id, error))
    waiting = tuple(one.id for one in took_place if one not in over)
    return Attested(claims=tuple(claims), waiting=waiting, refused=tuple(refused))


def _check_asked(over: list[Appointment], word: Word) -> None:
    if not over:
        raise InvalidValueError(
            "None of these sessions is over, or needs a word on its date: there is nothing to attest."
        )
    if word.date_of_service is not None and len(over) > 1:
        raise InvalidValueError(
            f"These are {len(over)} sessions, and cannot all have taken place on {word.date_of_service}. "
            "Say --as-planned, or attest each by its own id.",
            sessions=[one.id for one in over],
        )


def _settled(tx: Transaction, drift_id: str, attested: Attested, terms: Terms) -> Drift:
    """Settle a drift that nobody can decide in a calendar any more, once all its sessions have a word."""
    drift = tx.drifts.get(drift_id)
    is_left = attested.waiting or attested.refused or drift.status is not DriftStatus.OPEN
    if is_left or why_unwatched(tx, drift) is None:
        return drift
    return put_down(tx, drift, terms, "Settled by the attestation of its sessions.")
