"""Calendars: the list, the page of one, and what a person does about it: look, pause, resume, give a new password."""

from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from syncd.bootstrap import System
from syncd.core.access.permissions import Permission
from syncd.core.errors import SyncdError
from syncd.core.scheduling.people import Party, Provider
from syncd.core.sync.calendars import Calendar, CalendarState
from syncd.core.sync.drift import DriftStatus
from syncd.core.wording import counted
from syncd.core.work import Work, WorkKind
from syncd.entrypoints.web.forms import OwnForm
from syncd.entrypoints.web.listing import Asked
from syncd.entrypoints.web.pages import Told, gone_to, page
from syncd.entrypoints.web.problems import status_of
from syncd.entrypoints.web.visitor import SomeVisitor, TheSystem, Visitor
from syncd.ports.remote.errors import RemoteError
from syncd.ports.store.audit import AuditQuery
from syncd.ports.store.lists import CalendarFilter, CalendarRow, CalendarSort, DriftFilter, DriftRow, Happening, Part
from syncd.presentation import labels
from syncd.presentation.edits import headline
from syncd.presentation.trail import told
from syncd.presentation.wording import for_pages
from syncd.services.decisions.resuming import Resumption
from syncd.services.sync.reconcile import CycleReport

router = APIRouter(include_in_schema=False)

_MOST_SHOWN = 20
_GUARDED = frozenset(
    {CalendarState.EMPTIED, CalendarState.RECREATED, CalendarState.MASS_CHANGE, CalendarState.RESTORED}
)
"""States after which a person says what becomes of all that differs."""


@router.get("/calendars")
def calendars(request: Request, system: TheSystem, visitor: SomeVisitor) -> Response:
    """List calendars, the worst first."""
    asked = Asked(request)
    said = {standing: label.text for standing, label in labels.STANDINGS.items()}
    standing = asked.word("standing", "Standing", said, everything="All")
    text = asked.text("Search", "provider, name, server or id")
    part = asked.part(CalendarSort, CalendarSort.WORST)
    with system.store.reading() as tx:
        wanted = CalendarFilter(standing=standing, provider_id=visitor.scope, text=text)
        found = tx.lists.calendars(wanted, part, visitor.now, system.objectives)
    return page(request, "calendars.html", view=asked.view(found, part), is_wide=True)


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a calendar. ``published`` stand there, ``waiting`` are still to be written."""

    calendar: Calendar
    row: CalendarRow
    provider: Provider
    work: Work | None
    published: int
    waiting: int
    drifts: tuple[DriftRow, ...]
    history: tuple[Happening, ...]


@router.get("/calendars/{calendar_id}")
def calendar(request: Request, system: TheSystem, visitor: SomeVisitor, calendar_id: str) -> Response:
    """Show a calendar: how it is, since when, why, and what to do."""
    return _shown(request, system, visitor, calendar_id)


@router.post("/calendars/{calendar_id}/look", dependencies=[OwnForm])
def look(request: Request, system: TheSystem, visitor: SomeVisitor, calendar_id: str) -> Response:
    """Compare every event of a calendar now, and put right what the rules put right."""
    require_calendar(system, visitor, calendar_id, Permission.MANAGE_CALENDAR)
    try:
        report = system.reconciler.run(calendar_id, visitor.now, verify=True)
    except SyncdError as error:
        return _refused(request, system, visitor, calendar_id, error)
    return gone_to(request, f"/calendars/{calendar_id}", _looked(report))


def _looked(report: CycleReport) -> Told:
    if report.errors:
        return Told(for_pages(report.errors[0].message), "warn")
    names = {
        "published": "written",
        "updated": "brought up to date",
        "reverted": "put back",
        "flagged": "to be decided",
    }
    did = [f"{report.counts[name]} {words}" for name, words in names.items() if report.counts[name]]
    return Told(f"Looked just now: {', '.join(did) if did else 'nothing had to be done'}.")


@router.post("/calendars/{calendar_id}/pause", dependencies=[OwnForm])
def pause(request: Request, system: TheSystem, visitor: SomeVisitor, calendar_id: str) -> Response:
    """Leave a calendar alone."""
    require_calendar(system, visitor, calendar_id, Permission.MEND_CALENDAR)
    system.calendars(visitor.principal).pause(calendar_id, visitor.now)
    told = Told("Paused: nothing is read there and nothing written until somebody lets it go on.")
    return gone_to(request, f"/calendars/{calendar_id}", told)


@router.post("/calendars/{calendar_id}/password", dependencies=[OwnForm])
def give_password(
    request: Request, system: TheSystem, visitor: SomeVisitor, calendar_id: str, password: Annotated[str, Form()] = ""
) -> Response:
    """Keep the account's new password, and try it at once."""
    require_calendar(system, visitor, calendar_id, Permission.MEND_CALENDAR)
    if not password:
        return _shown(request, system, visitor, calendar_id, status=422, problem="Type the new password first.")
    system.calendars(visitor.principal).resume(calendar_id, visitor.now, password)
    return _tried(request, system, visitor, calendar_id, "The new password works, and")


@router.post("/calendars/{calendar_id}/resume", dependencies=[OwnForm])
def resume(request: Request, system: TheSystem, visitor: SomeVisitor, calendar_id: str) -> Response:
    """Let a calendar go on by the rules."""
    before = require_calendar(system, visitor, calendar_id, Permission.MEND_CALENDAR)
    if before.state not in {CalendarState.PAUSED, CalendarState.LOGIN_REFUSED, CalendarState.READ_ONLY}:
        visitor.require(Permission.MANAGE_CALENDAR, before.provider_id)
    system.calendars(visitor.principal).resume(calendar_id, visitor.now)
    return _tried(request, system, visitor, calendar_id, "It goes on:")


def _tried(request: Request, system: System, visitor: Visitor, calendar_id: str, done: str) -> Response:
    """Run the first cycle of a calendar that goes on, so that the page can say how it is."""
    try:
        report = system.reconciler.run(calendar_id, visitor.now, verify=True)
    except SyncdError as error:
        return _refused(request, system, visitor, calendar_id, error)
    if report.state is CalendarState.OK:
        return gone_to(request, f"/calendars/{calendar_id}", f"{done} every event was compared.")
    words = for_pages(report.errors[0].message) if report.errors else f"It is {report.state} still."
    return _shown(request, system, visitor, calendar_id, status=409, problem=words)


@router.get("/calendars/{calendar_id}/resume/{how}")
def before_resuming(
    request: Request, system: TheSystem, visitor: SomeVisitor, calendar_id: str, how: Resumption
) -> Response:
    """Show what one of the three words does about everything that differs, before it is said."""
    require_calendar(system, visitor, calendar_id, Permission.MANAGE_CALENDAR)
    about = _about(system, visitor, calendar_id)
    report = system.reconciler.preview(calendar_id, visitor.now)
    errors = [one for one in report.errors if one.code != str(about.calendar.state)]
    values: dict[str, Any] = {
        "about": about,
        "how": how,
        "problem_met": for_pages(errors[0].message) if errors else "",
        "counts": {name: number for name, number in report.counts.items() if number},
        "edits": [headline(about.provider.name, one) for one in report.drifts],
        "words": _RESUMPTIONS[how],
    }
    return page(request, "calendar_resume.html", **values)


@router.post("/calendars/{calendar_id}/resume/{how}", dependencies=[OwnForm])
def resume_all(
    request: Request, system: TheSystem, visitor: SomeVisitor, calendar_id: str, how: Resumption
) -> Response:
    """Let a calendar go on, and deal with everything that differs there as was said."""
    require_calendar(system, visitor, calendar_id, Permission.MANAGE_CALENDAR)
    service = system.calendars(visitor.principal)
    party = Party.PROVIDER if how is Resumption.ACCEPT else Party.ADMIN
    try:
        resumed = system.resumer(service).resume(calendar_id, how, visitor.terms(system, party))
    except SyncdError as error:
        return _refused(request, system, visitor, calendar_id, error)
    told = f"{counted(resumed.reverted, 'event')} put back, {counted(resumed.settled, 'edit')} settled as you said."
    tone = "good"
    if resumed.errors:
        told, tone = f"{told} {len(resumed.errors)} could not be: {for_pages(resumed.errors[0].message)}", "warn"
    return gone_to(request, f"/calendars/{calendar_id}", Told(told, tone))


class _Word(NamedTuple):
    """What a person can say about all that differs, and what that does."""

    name: str
    does: str


_RESUMPTIONS = {
    Resumption.REPUBLISH: _Word(
        "Put all back",
        "Everything in the calendar becomes as it is on record. The provider gets one mail about all of it; no client "
        "is told anything.",
    ),
    Resumption.ACCEPT: _Word(
        "Take all over",
        "The record follows the calendar: what was moved is rescheduled, what was deleted is cancelled. Clients and "
        "provider get the mails of each change.",
    ),
    Resumption.FORGET: _Word(
        "Forget these events",
        "What differs stays in the calendar as it is and is watched no longer. Claims of these sessions then need "
        "somebody's word.",
    ),
}


def require_calendar(system: System, visitor: Visitor, calendar_id: str, act: Permission) -> Calendar:
    """Return a calendar about which the visitor may do that."""
    with system.store.reading() as tx:
        found = tx.calendars.get(calendar_id)
    visitor.require(act, found.provider_id)
    return found


def _about(system: System, visitor: Visitor, calendar_id: str) -> About:
    with system.store.reading() as tx:
        found = tx.calendars.get(calendar_id)
        visitor.check_sees(found.provider_id)
        open_here = DriftFilter(calendar_id=calendar_id, status=DriftStatus.OPEN)
        row = tx.lists.calendars(
            CalendarFilter(text=calendar_id),
            Part(size=1, counted=False),
            visitor.now,
            system.objectives,
        ).rows[0]
        return About(
            calendar=found,
            row=row,
            provider=tx.providers.get(found.provider_id),
            work=tx.works.get(WorkKind.CALENDAR, calendar_id),
            published=tx.publications.count(calendar_id),
            waiting=len(tx.publications.pending(calendar_id)),
            drifts=tuple(tx.lists.drifts(open_here, Part(size=_MOST_SHOWN, counted=False)).rows),
            history=tuple(tx.lists.audit(AuditQuery(subject=calendar_id), Part(size=_MOST_SHOWN, counted=False)).rows),
        )


def _refused(request: Request, system: System, visitor: Visitor, calendar_id: str, error: SyncdError) -> Response:
    words = for_pages(error.message)
    if error.code == "busy":
        words = "syncd is at this calendar just now. Nothing was done; try again in some seconds."
    elif isinstance(error, RemoteError):
        words = f"The calendar cannot be looked at now: {words}"
    return _shown(request, system, visitor, calendar_id, status=status_of(error), problem=words)


def _shown(
    request: Request, system: System, visitor: Visitor, calendar_id: str, *, status: int = 200, problem: str = ""
) -> Response:
    about = _about(system, visitor, calendar_id)
    found = about.calendar
    values: dict[str, Any] = {
        "about": about,
        "means": labels.STATE_MEANS[found.state],
        "is_guarded": found.state in _GUARDED,
        "may_mend": visitor.may("mend_calendar", found.provider_id),
        "may_manage": visitor.may("manage_calendar", found.provider_id),
        "resumptions": _RESUMPTIONS,
        "headline": headline,
        "server": _host(found.url),
        "history": [told(one.link.record, one.provider, one.start) for one in about.history],
    }
    return page(request, "calendar.html", status=status, problem=problem, **values)


def _host(url: str) -> str:
    return url.partition("//")[2].partition("/")[0]
