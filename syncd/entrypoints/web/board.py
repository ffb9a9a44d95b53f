"""The first page: is anything wrong, and what next?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import Response

from syncd.core.reporting.alerts import Objectives
from syncd.core.sync.drift import DriftStatus
from syncd.core.wording import counted
from syncd.core.work import WorkKind
from syncd.entrypoints.web.kept import Kept
from syncd.entrypoints.web.my_day import my_day
from syncd.entrypoints.web.pages import page
from syncd.entrypoints.web.visitor import SomeVisitor, TheSystem
from syncd.ports.store.counts import Standing
from syncd.ports.store.lists import (
    CalendarFilter,
    CalendarRow,
    CalendarStanding,
    DriftFilter,
    DriftRow,
    Overview,
    Part,
)
from syncd.ports.store.transaction import Transaction
from syncd.presentation import labels, moments
from syncd.presentation.edits import headline
from syncd.presentation.labels import Label
from syncd.presentation.trail import told
from syncd.services.reporting.alerts import last_seen
from syncd.services.reporting.status import standings
from syncd.services.work.showing import LATE_AFTER

router = APIRouter(include_in_schema=False)

_NEXT = 10
_LATELY = 12
_OPEN = DriftFilter(status=DriftStatus.OPEN)
_FIRST = Part(size=_NEXT, counted=False)


class Step(NamedTuple):
    """One row of what to do next. ``session`` and ``since`` are shown below it."""

    label: Label
    text: str
    href: str
    button: str
    fact: str = ""
    session: tuple[datetime, datetime] | None = None
    since: datetime | None = None


class Tile(NamedTuple):
    """A number that leads to what it counts. ``tone``: good, bad, warn or plain. ``waiting``: what keeps it new."""

    number: int | str
    name: str
    more: str
    href: str
    tone: str
    waiting: str = ""


@router.get("/")
def board(request: Request, system: TheSystem, visitor: SomeVisitor) -> Response:
    """Show how all stands; a provider lands on their own day."""
    if visitor.scope is not None:
        return my_day(request, system, visitor, visitor.scope)
    within, now = system.objectives, visitor.now
    with system.store.reading() as tx:
        numbers = tx.lists.overview()
        stands = tx.lists.standings(now, within)
        drifts = tx.lists.drifts(_OPEN, _FIRST).rows
        calendars = tx.lists.calendars(CalendarFilter(), _FIRST, now, within).rows
        lately = tx.lists.lately(_LATELY)
        practice = _of_practice(tx, now, within, request.app.state.events)
    steps = list(_steps(numbers, drifts, calendars))
    values: dict[str, Any] = {
        "needs": _needs(numbers),
        "numbers": numbers,
        "tiles": _tiles(numbers, stands),
        "steps": steps[:_NEXT],
        "left": max(numbers.waiting.drifts - len(drifts), 0),
        "calendars": calendars,
        "stands": stands,
        "lately": [told(one.link.record, one.provider, one.start) for one in lately],
    }
    return page(request, "board.html", waiting=numbers.waiting, **values, **practice)


def _of_practice(
    tx: Transaction, now: datetime, within: Objectives, events: Kept[Mapping[Standing, int]]
) -> Mapping[str, Any]:
    """Return what is shown of the whole practice alone: work that nobody does, alerts, and how events stand."""
    loads = tx.works.load(now, LATE_AFTER)
    late = loads[WorkKind.CALENDAR]
    return {
        "late": late.late,
        "late_for": moments.length(late.late_seconds),
        "alerts": len(last_seen(tx, now, within).alerts),
        "events": [(_EVENTS[word], number) for word, number in events(lambda: standings(tx, now, within)).items()],
    }


_EVENTS = {
    Standing.OPEN: "to decide",
    Standing.UNREADABLE: "unreadable",
    Standing.WORKING: "being put right",
    Standing.UNPROVEN: "unproven",
    Standing.EQUAL: "proven equal",
}


def _needs(numbers: Overview) -> int:
    """Return how many things need a person; a claim that an open edit holds is that edit."""
    waiting = numbers.waiting
    return waiting.drifts + waiting.calendars + waiting.messages + numbers.held_else


def _tiles(numbers: Overview, stands: Mapping[CalendarStanding, int]) -> list[Tile]:
    waiting = numbers.waiting
    agree, unproven = stands[CalendarStanding.AGREES], stands[CalendarStanding.UNPROVEN]
    dates = counted(numbers.claim_dates, "claim date") if numbers.claim_dates else "no claim date"
    held = "only a person lifts them" if waiting.claims else "none waits for a person"
    stopped = "they wait for a person" if waiting.calendars else "all others are looked at"
    return [
        Tile(waiting.drifts, "Edits to decide", dates, "/drifts", _tone(waiting.drifts, numbers.claim_dates), "drifts"),
        Tile(waiting.claims, "Claims held", held, "/claims?status=waiting", _tone(waiting.claims), "claims"),
        Tile(
            waiting.calendars,
            "Calendars stopped",
            stopped,
            "/calendars?standing=stopped",
            _tone(0, waiting.calendars),
            "calendars",
        ),
        Tile(
            waiting.messages,
            "Mails not delivered",
            f"{numbers.queued} on their way",
            "/messages?status=failed",
            _tone(0, waiting.messages),
            "messages",
        ),
        Tile(
            f"{agree} of {numbers.calendars}",
            "Calendars agree",
            f"{unproven} unproven",
            "/calendars?standing=agrees",
            "good" if agree == numbers.calendars and agree else "plain",
        ),
    ]


def _tone(warns: int, bad: int = 0) -> str:
    return "bad" if bad else "warn" if warns else "good"


def _steps(numbers: Overview, drifts: Iterable[DriftRow], calendars: Sequence[CalendarRow]) -> Iterator[Step]:
    """Yield what to do next: stopped calendars, edits (the gravest first), claims, mails, unproven calendars."""
    for row in calendars:
        if row.standing is CalendarStanding.STOPPED:
            yield _stopped(row)
    for one in drifts:
        label = labels.SEVERITIES[one.drift.severity]
        text = headline(one.provider, one.drift)
        session = (one.start, one.end)
        yield Step(label, text, f"/drifts/{one.drift.id}", "Decide", session=session, since=one.drift.detected_at)
    if numbers.held_else:
        words = f"{counted(numbers.held_else, 'claim')} {'waits' if numbers.held_else == 1 else 'wait'} for your word"
        href = "/claims?status=waiting&sort=longest"
        yield Step(Label("Held", "warn"), words, href, "Look", since=numbers.held_since)
    if failed := numbers.waiting.messages:
        words = f"{counted(failed, 'mail')} could not be delivered"
        yield Step(Label("Not delivered", "bad"), words, "/messages?status=failed", "Look")


def _stopped(row: CalendarRow) -> Step:
    calendar = row.calendar
    button = "Give new password" if calendar.state == "login_refused" else "Look"
    fact = f"{counted(row.sessions, 'session')} of the next 7 days {'is' if row.sessions == 1 else 'are'} not watched"
    why = labels.STATE_MEANS[calendar.state][0].rstrip(".")
    text = f"{row.provider}'s calendar: {why[:1].lower()}{why[1:]}"
    label, href = labels.STATES[calendar.state], f"/calendars/{calendar.id}"
    return Step(label, text, href, button, fact, since=calendar.last_synced_at)
