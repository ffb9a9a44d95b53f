"""What the record holds about claims: gathered for many at once, so that a list costs no statement a row."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from syncd.core.claims.claim import Attestation, Claim
from syncd.core.claims.holds import Evidence
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Series
from syncd.core.scheduling.series import given_instances
from syncd.core.sync.calendars import Calendar, CalendarState
from syncd.core.sync.drift import Drift
from syncd.core.sync.publication import Publication
from syncd.ports.store.transaction import Transaction


def evidence_on(tx: Transaction, claim: Claim) -> Evidence:
    """Return all that the record holds about a claim."""
    return evidence_of(tx, [claim])[0]


def evidence_of(tx: Transaction, claims: Sequence[Claim]) -> list[Evidence]:
    """Return all that the record holds about each of these claims, in their order."""
    ids = [claim.appointment_id for claim in claims]
    sessions = tx.appointments.by_id(ids)
    found = tx.publications.ever_of_sources({one.source for one in sessions.values()})
    publications = {one.id: found.get(one.source, ()) for one in sessions.values()}
    calendars = tx.calendars.by_id({p.calendar_id for those in found.values() for p in those if p.state.is_watched})
    drifts, words = _drifts_on(tx, publications), _words_about(tx, ids)
    series = tx.series.by_id({one.series_id for one in sessions.values() if one.series_id})
    return [
        Evidence(
            appointment=sessions[one],
            claim=claim,
            drifts=tuple(drifts[one]),
            attestations=tuple(words[one]),
            trouble=_trouble(publications[one], calendars),
            withheld=_withheld(publications[one], calendars),
            instance_gone=_is_gone(sessions[one], series),
            publications=tuple(publications[one]),
        )
        for one, claim in zip(ids, claims, strict=True)
    ]


def _drifts_on(tx: Transaction, publications: Mapping[str, Iterable[Publication]]) -> Mapping[str, list[Drift]]:
    """Return by appointment the drifts that concern it, oldest first.

    An open one about a series as a whole concerns those sessions too that were added to the series since.
    """
    concerning: defaultdict[str, list[Drift]] = defaultdict(list)
    for drift in tx.drifts.concerning(publications):
        for one in drift.concerned & publications.keys():
            concerning[one].append(drift)
    all_of_them = {publication.id for those in publications.values() for publication in those}
    whole = [drift for drift in tx.drifts.open_on(all_of_them) if _is_about_all(drift)]
    for one, those in publications.items() if whole else ():
        ids, known = {publication.id for publication in those}, {drift.id for drift in concerning[one]}
        concerning[one] += [d for d in whole if d.publication_id in ids and d.id not in known]
        concerning[one].sort(key=lambda drift: drift.detected_at)
    return concerning


def _is_about_all(drift: Drift) -> bool:
    return any(finding.recurrence_id is None for finding in drift.findings)


def _words_about(tx: Transaction, appointment_ids: Iterable[str]) -> Mapping[str, list[Attestation]]:
    words: defaultdict[str, list[Attestation]] = defaultdict(list)
    for word in tx.claims.attestations_of(appointment_ids):
        words[word.appointment_id].append(word)
    return words


def _trouble(publications: Iterable[Publication], calendars: Mapping[str, Calendar]) -> tuple[CalendarState, ...]:
    watched = (calendars[p.calendar_id].state for p in publications if p.state.is_watched)
    return tuple(state for state in watched if not state.is_readable)


def _withheld(publications: Iterable[Publication], calendars: Mapping[str, Calendar]) -> tuple[str, ...]:
    """Return the calendars in which the event may show another time, and in which nothing is written."""
    watched = (p for p in publications if p.state.is_watched and p.dirty and p.may_have_stood)
    return tuple(p.calendar_id for p in watched if not calendars[p.calendar_id].mode.writes)


def _is_gone(one: Appointment, series: Mapping[str, Series]) -> bool:
    if one.series_id is None or one.status is AppointmentStatus.CANCELLED:
        return False
    return not given_instances(series[one.series_id], [one])
