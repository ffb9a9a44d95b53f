"""The page of one edit: what differs, what it does to the claim, and each decision with what it will do."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from syncd.bootstrap import System
from syncd.core.access.permissions import Permission
from syncd.core.claims.claim import ClaimStatus
from syncd.core.errors import ClientOverlapError, NotFoundError, StaleDriftError, SyncdError
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus
from syncd.core.scheduling.people import Party
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.core.work import BusyError
from syncd.entrypoints.web.drift_words import About, Words, changes, effects, mails, stretches, technical, words_of
from syncd.entrypoints.web.forms import OwnForm
from syncd.entrypoints.web.pages import Told, gone_to, page
from syncd.entrypoints.web.problems import status_of
from syncd.entrypoints.web.timeline import timeline
from syncd.entrypoints.web.visitor import SomeVisitor, TheSystem, Visitor
from syncd.ports.remote.errors import RemoteError
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Transaction
from syncd.presentation import drawn_day, edits, labels
from syncd.presentation.wording import for_pages
from syncd.services.decisions.drifts import Decisions
from syncd.services.decisions.options import Decision, Option, foresee, options

router = APIRouter(include_in_schema=False)

_DAY = timedelta(days=1)
_DESK, _PHONE = 960, 320


@router.get("/drifts/{drift_id}")
def drift(request: Request, system: TheSystem, visitor: SomeVisitor, drift_id: str) -> Response:
    """Show an edit."""
    return _shown(request, system, visitor, drift_id)


@router.get("/drifts/{drift_id}/accept")
def before_accepting(request: Request, system: TheSystem, visitor: SomeVisitor, drift_id: str) -> Response:
    """Show all that taking an edit over would do, mails in full, after a look at the calendar; nothing is changed."""
    about = _about(system, visitor, drift_id)
    visitor.require(Permission.DECIDE_DRIFT, about.provider.id)
    if about.drift.status is not DriftStatus.OPEN:
        return RedirectResponse(f"/drifts/{drift_id}", 303)
    terms, overlap = visitor.terms(system, Party.PROVIDER), ""
    try:
        foreseen = foresee(_decisions(system), drift_id, terms)
    except ClientOverlapError as error:
        overlap = for_pages(error.message)
        foreseen = foresee(_decisions(system), drift_id, terms, allow_overlap=True)
    except SyncdError as error:
        return _refused(request, system, visitor, drift_id, error)
    values: dict[str, Any] = {
        "about": about,
        "changes": changes(about, foreseen),
        "mails": mails(system, foreseen.messages),
        "overlap": overlap,
        "said": words_of(about.drift)[Decision.ACCEPT],
    }
    return page(request, "drift_accept.html", **values)


@router.post("/drifts/{drift_id}/accept", dependencies=[OwnForm])
def accept(
    request: Request,
    system: TheSystem,
    visitor: SomeVisitor,
    drift_id: str,
    note: Annotated[str, Form()] = "",
    overlap: Annotated[str, Form()] = "",
) -> Response:
    """Take an edit over into the record."""
    terms = visitor.terms(system, Party.PROVIDER)

    def decide(decisions: Decisions) -> Drift:
        return decisions.accept(drift_id, terms, note, allow_overlap=bool(overlap))

    return _decided(request, system, visitor, drift_id, Decision.ACCEPT, decide)


@router.post("/drifts/{drift_id}/revert", dependencies=[OwnForm])
def revert(
    request: Request, system: TheSystem, visitor: SomeVisitor, drift_id: str, note: Annotated[str, Form()] = ""
) -> Response:
    """Put an edit back."""
    terms = visitor.terms(system, _party(visitor))
    return _decided(request, system, visitor, drift_id, Decision.REVERT, lambda it: it.revert(drift_id, terms, note))


@router.post("/drifts/{drift_id}/dismiss", dependencies=[OwnForm])
def dismiss(
    request: Request, system: TheSystem, visitor: SomeVisitor, drift_id: str, note: Annotated[str, Form()] = ""
) -> Response:
    """Leave an edit as it was written."""
    terms = visitor.terms(system, _party(visitor))
    return _decided(request, system, visitor, drift_id, Decision.DISMISS, lambda it: it.dismiss(drift_id, terms, note))


@router.post("/drifts/{drift_id}/look", dependencies=[OwnForm])
def look(request: Request, system: TheSystem, visitor: SomeVisitor, drift_id: str) -> Response:
    """Look at the event now."""
    with system.store.reading() as tx:
        known = tx.drifts.get(drift_id)
    visitor.require(Permission.DECIDE_DRIFT, known.provider_id)
    if known.publication_id is None:
        return gone_to(request, f"/drifts/{drift_id}", Told("Its event is watched no longer.", "warn"))
    try:
        seen = system.reconciler.verify_publication(known.publication_id, visitor.now)
    except SyncdError as error:
        return _refused(request, system, visitor, drift_id, error)
    with system.store.reading() as tx:
        now = tx.drifts.get(drift_id)
    if not seen and now.status is known.status:
        told = Told("The calendar could not be looked at just now. Nothing was changed.", "warn")
    elif now.status is known.status:
        told = Told("Looked just now: it stands as shown here.")
    else:
        told = Told(f"Looked just now: {labels.DRIFTS[now.status].text.lower()}.")
    return gone_to(request, f"/drifts/{drift_id}", told)


def _decided(
    request: Request,
    system: System,
    visitor: Visitor,
    drift_id: str,
    decision: Decision,
    decide: Callable[[Decisions], Drift],
) -> Response:
    """Carry a decision out, if the visitor may make it; show the edit again with what became of it."""
    with system.store.reading() as tx:
        known = tx.drifts.get(drift_id)
    visitor.require(Permission.DECIDE_DRIFT, known.provider_id)
    try:
        decide(_decisions(system))
    except SyncdError as error:
        return _refused(request, system, visitor, drift_id, error)
    return gone_to(request, f"/drifts/{drift_id}", words_of(known)[decision].done)


def _refused(request: Request, system: System, visitor: Visitor, drift_id: str, error: SyncdError) -> Response:
    """Show the edit as it is now, with why nothing was done."""
    words, newer = for_pages(error.message), None
    if isinstance(error, StaleDriftError):
        newer = _looked_anew(system, drift_id, visitor.now)
        words = "The calendar was changed again since this was found. Nothing was done."
    elif isinstance(error, BusyError):
        words = "syncd is at this calendar just now. Nothing was done; try again in some seconds."
    elif isinstance(error, RemoteError):
        words = f"The calendar cannot be looked at now, so nothing was done: {words} Try again later."
    return _shown(request, system, visitor, drift_id, status=status_of(error), problem=words, newer=newer)


def _looked_anew(system: System, drift_id: str, now: datetime) -> str | None:
    """Look at the calendar, so that what stands there now is on record; return the id of the edit that it is."""
    with system.store.reading() as tx:
        known = tx.drifts.get(drift_id)
    with suppress(SyncdError):
        system.reconciler.run(known.calendar_id, now)
    if known.publication_id is None:
        return None
    with system.store.reading() as tx:
        query = DriftQuery(publication_id=known.publication_id, status=DriftStatus.OPEN, limit=1)
        return next((one.id for one in tx.drifts.list(query) if one.id != drift_id), None)


def _shown(
    request: Request,
    system: System,
    visitor: Visitor,
    drift_id: str,
    *,
    status: int = 200,
    problem: str = "",
    newer: str | None = None,
) -> Response:
    about = _about(system, visitor, drift_id)
    one, known = about.one, about.drift
    may = visitor.may("decide_drift", about.provider.id)
    choices = options(system.store, known, visitor.terms(system, Party.PROVIDER)) if may else []
    drawn = stretches(about)
    values: dict[str, Any] = {
        "about": about,
        "lines": edits.differing(known, one),
        "equal": edits.equal_lines(one, known),
        "choices": [_as_shown(about, choice) for choice in choices],
        "is_own": visitor.scope is not None,
        "claim_dates": edits.claim_dates(known, one.start),
        "pictures": [("desk", drawn_day.draw(drawn, _DESK)), ("phone", drawn_day.draw(drawn, _PHONE))],
        "technical": [technical(finding) for finding in known.findings],
        "newer": newer,
        "may_attest": _may_attest(about, visitor),
    }
    return page(request, "drift.html", status=status, problem=problem, **values)


def _as_shown(about: About, choice: Option) -> tuple[Option, Words, list[str]]:
    """Return a decision with what it is called and what it does; why it cannot be made without commands."""
    shown = replace(choice, why_not=for_pages(choice.why_not)) if choice.why_not else choice
    return shown, words_of(about.drift)[choice.decision], effects(about, choice)


def _may_attest(about: About, visitor: Visitor) -> bool:
    """Tell whether somebody can say that it took place as planned: the edit was put back, and holds its claim."""
    is_doubted = about.drift.status is DriftStatus.REVERTED and about.claim.status is ClaimStatus.HELD
    is_over = about.one.end <= visitor.now
    return is_doubted and is_over and visitor.may("attest_claim", about.drift.provider_id)


def _about(system: System, visitor: Visitor, drift_id: str) -> About:
    """Return what is known of an edit. Raises `NotFoundError`, also for another provider's."""
    with system.store.reading() as tx:
        known = tx.drifts.get(drift_id)
        visitor.check_sees(known.provider_id)
        one = tx.appointments.get(known.appointment_id)
        provider = tx.providers.get(one.provider_id)
        reasons = system.settings.booking.rules().reasons
        calendar = None
        with suppress(NotFoundError):
            calendar = tx.calendars.get(known.calendar_id)
        return About(
            drift=known,
            one=one,
            provider=provider,
            client=tx.clients.get(one.client_id),
            calendar=calendar,
            claim=tx.claims.get(one.id),
            neighbours=tuple(_neighbours(tx, one, known)),
            history=tuple(timeline(tx, one, provider.name, reasons, visitor.scope)),
        )


def _neighbours(tx: Transaction, one: Appointment, known: Drift) -> list[Appointment]:
    """Return the provider's other sessions on the days between which the edit moved the session."""
    there = edits.place_of(one, known).there
    days = {one.start.date(), there[0].date() if there else one.start.date()}
    found: dict[str, Appointment] = {}
    for day in days:
        begin = datetime(day.year, day.month, day.day, tzinfo=one.start.tzinfo)
        query = AppointmentQuery(
            provider_id=one.provider_id,
            status=AppointmentStatus.BOOKED,
            starts_from=begin,
            starts_before=begin + _DAY,
        )
        found |= {other.id: other for other in tx.appointments.list(query) if other.id != one.id}
    return list(found.values())


def _decisions(system: System) -> Decisions:
    return Decisions(system.reconciler)


def _party(visitor: Visitor) -> Party:
    return Party.PROVIDER if visitor.scope is not None else Party.ADMIN
