"""Calendars: list, connect, look up, set, pause, resume, remove, examine; and rounds of cycles."""

from time import monotonic
from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field

from syncd.core.access.permissions import Permission
from syncd.core.errors import InvalidValueError
from syncd.core.reporting.alerts import of_calendar
from syncd.core.scheduling.people import Party
from syncd.core.sync.calendars import Calendar
from syncd.core.work import WorkKind
from syncd.entrypoints.web.api.answering import DryRun, Expected, listed_rows, meeting, part_of, shown
from syncd.entrypoints.web.api.calendar_wishes import check_wishes, preview_of, wishes_of
from syncd.entrypoints.web.api.caller import Caller, Reader, Writer, as_if_none
from syncd.entrypoints.web.api.route import PREFIX, router
from syncd.entrypoints.web.api.shapes import calendars as shapes
from syncd.entrypoints.web.api.values import ID, Flag, Paged
from syncd.ports.store.lists import CalendarFilter, CalendarSort, CalendarStanding
from syncd.presentation.documents.calendars import calendar_document, resumed_document
from syncd.presentation.documents.plans import round_document
from syncd.presentation.documents.standing import checks_document
from syncd.services.decisions.resuming import Resumption
from syncd.services.reporting.doctor import Doctor
from syncd.services.sync.calendars import NewCalendar, as_wished
from syncd.services.sync.rounds import run_round

routes = router("calendars")

LONGEST_ROUND_SECONDS = 30.0
"""After so long no further calendar is begun: what is left is told, and asked for anew."""


class Wanted(Paged):
    """Which calendars."""

    provider: Annotated[str | None, Field(max_length=320, description="only this provider's")] = None
    standing: CalendarStanding | None = None
    search: Annotated[str | None, Field(max_length=100, description="in a name, the address or the id")] = None
    sort: CalendarSort = CalendarSort.PROVIDER


@routes.get("/calendars", response_model=shapes.Calendars)
def list_calendars(caller: Reader, asked: Annotated[Wanted, Query()]) -> Response:
    """List the calendars and how each of them is."""
    with caller.system.store.reading() as tx:
        own = caller.whose(tx, asked.provider)
        wanted = CalendarFilter(standing=asked.standing, provider_id=own, text=asked.search)
        found = tx.lists.calendars(wanted, part_of(asked, asked.sort), caller.now, caller.system.objectives)
        works = tx.works.list(WorkKind.CALENDAR, [row.calendar.id for row in found.rows])
        waiting = tx.publications.unpublished()
    calendars = [row.calendar for row in found.rows]
    rows = [calendar_document(one, works.get(one.id), waiting.get(one.id, 0)) for one in calendars]
    return listed_rows("calendars", rows, found.next)


@routes.post("/calendars", response_model=shapes.ConnectedCalendar, status_code=201)
def connect_calendar(caller: Writer, new: shapes.NewCalendar) -> Response:
    """Connect a CalDAV account. Sessions that lie ahead are published there by the next cycle."""
    with caller.system.store.reading() as tx:
        provider = caller.whose(tx, new.provider)
    caller.require(Permission.CONNECT_CALENDAR, provider)
    caller.require_fresh()
    account = NewCalendar(**new.model_dump())
    calendar = caller.system.calendars(caller.principal).connect(account, caller.now)
    document = calendar_document(calendar) | {"warnings": list(account.warnings)}
    return shown(document, 201, version=calendar.revision, location=f"{PREFIX}/calendars/{calendar.id}")


@routes.get("/calendars/{calendar_id}", response_model=shapes.Calendar)
def show_calendar(caller: Reader, calendar_id: ID) -> Response:
    """Show a calendar."""
    return _shown(caller, _seen(caller, calendar_id))


@routes.patch("/calendars/{calendar_id}", response_model=shapes.SetCalendar)
def set_calendar(
    caller: Writer, calendar_id: ID, changes: shapes.CalendarChanges, expected: Expected, dry_run: DryRun = False
) -> Response:
    """Set the mode of a calendar, what its titles tell, how old its proof may grow; or give its new password."""
    wishes = wishes_of(changes)
    needed = Permission.MANAGE_CALENDAR if wishes else Permission.MEND_CALENDAR
    before = _changed(caller, calendar_id, needed)
    revision = meeting(expected, before.revision)
    check_wishes(caller.system, before, changes, dry_run=dry_run)
    preview = preview_of(caller.system, before, wishes, caller.now, dry_run=dry_run)
    told: dict[str, Any] = {"dry_run": dry_run, "preview": preview}
    if dry_run:
        return shown(calendar_document(as_wished(before, wishes)) | told, version=before.revision)
    service = caller.system.calendars(caller.principal)
    after = service.set(calendar_id, wishes, caller.now, changes.password, revision=revision)
    return shown(calendar_document(after) | told, version=after.revision)


@routes.post("/calendars/{calendar_id}/pause", response_model=shapes.Calendar)
def pause_calendar(caller: Writer, calendar_id: ID) -> Response:
    """Leave a calendar alone until it is resumed: nothing is read there and nothing written."""
    _changed(caller, calendar_id, Permission.MEND_CALENDAR)
    caller.system.calendars(caller.principal).pause(calendar_id, caller.now)
    return _shown(caller, _seen(caller, calendar_id))


@routes.post("/calendars/{calendar_id}/resume", response_model=shapes.ResumedCalendar)
def resume_calendar(caller: Writer, calendar_id: ID, asked: shapes.Resuming) -> Response:
    """Work a calendar again that was paused, or that a guard had stopped; with ``how`` settle all that differs."""
    _changed(caller, calendar_id, Permission.MANAGE_CALENDAR if asked.how else Permission.MEND_CALENDAR)
    service = caller.system.calendars(caller.principal)
    if asked.how is None:
        service.resume(calendar_id, caller.now, asked.password)
        return _shown(caller, _seen(caller, calendar_id))
    caller.require_fresh()
    terms = caller.terms(Party.PROVIDER if asked.how is Resumption.ACCEPT else Party.ADMIN)
    resumed = caller.system.resumer(service).resume(calendar_id, asked.how, terms, asked.password)
    return _shown(caller, _seen(caller, calendar_id), **resumed_document(resumed))


@routes.delete("/calendars/{calendar_id}", response_model=shapes.RemovedCalendar)
def remove_calendar(
    caller: Writer,
    calendar_id: ID,
    withdraw: Annotated[Flag, Query(description="Delete there first what syncd published.")] = False,
) -> Response:
    """Forget a calendar. Without ``withdraw`` what was published stays in it."""
    _changed(caller, calendar_id, Permission.MANAGE_CALENDAR)
    caller.require_fresh()
    removal = caller.system.calendars(caller.principal).remove(calendar_id, caller.now, withdraw=withdraw)
    return shown({"id": calendar_id, "removed": True, **removal._asdict()})


@routes.post("/calendars/{calendar_id}/examine", response_model=shapes.Examined)
def examine_calendar(caller: Writer, calendar_id: ID) -> Response:
    """Look at an account and its calendar, and say what is there, what is wrong, and how to mend it; writes nothing."""
    calendar, system = _changed(caller, calendar_id, Permission.MEND_CALENDAR), caller.system
    doctor = Doctor(servers=system.servers, vault=system.vault, reconciler=system.reconciler)
    known = of_calendar(calendar, caller.now, system.objectives)
    return shown({"id": calendar_id, **checks_document(doctor.examine(calendar, known, caller.now))})


@routes.post("/reconcile", response_model=shapes.Round)
def reconcile(caller: Writer, asked: shapes.Reconciling, dry_run: DryRun = False) -> Response:
    """Run one cycle now over all calendars, due or not, or over one; with ``dry_run`` show what it would do.

    No calendar is begun after 30 seconds; those that are left are told.
    """
    if asked.plan is not None and dry_run:
        raise InvalidValueError("Give a plan to carry it out, or dry_run to see one.")
    if asked.calendar is not None:
        _changed(caller, asked.calendar, Permission.MANAGE_CALENDAR)
    caller.require(Permission.MANAGE_CALENDAR)
    until = monotonic() + LONGEST_ROUND_SECONDS
    done = run_round(
        caller.system.reconciler,
        caller.now,
        asked.calendar,
        dry_run=dry_run,
        only_plan=asked.plan,
        is_time=lambda: monotonic() < until,
    )
    return shown(round_document(done) | {"left": list(done.left)})


def _seen(caller: Caller, calendar_id: str) -> Calendar:
    """Return a calendar that the caller sees; another provider's is as if there were none."""
    with caller.system.store.reading() as tx, as_if_none(f"No calendar {calendar_id!r}."):
        found = tx.calendars.get(calendar_id)
        caller.check_sees(found.provider_id)
    return found


def _changed(caller: Caller, calendar_id: str, act: Permission) -> Calendar:
    found = _seen(caller, calendar_id)
    caller.require(act, found.provider_id)
    return found


def _shown(caller: Caller, calendar: Calendar, **more: Any) -> Response:
    with caller.system.store.reading() as tx:
        work = tx.works.get(WorkKind.CALENDAR, calendar.id)
        waiting = tx.publications.unpublished().get(calendar.id, 0)
    return shown(calendar_document(calendar, work, waiting) | more, version=calendar.revision)
