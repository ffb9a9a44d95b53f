"""A client's page behind the link in their mail: their appointment, another time for it, and its cancellation.

The link is all one needs. One that is forged, expired, revoked, used or for something else shows the same page, which
says nothing of anybody; whoever tries many is kept waiting.
"""

import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.routing import APIRoute

from syncd.bootstrap import System
from syncd.bootstrap.visiting import visits
from syncd.core.access.principal import part_of_syncd
from syncd.core.errors import InvalidValueError, LateNoticeError, ReasonError, RefusalError
from syncd.core.messaging.links import LinkError
from syncd.core.scheduling.people import Party
from syncd.core.scheduling.slots import SlotTakenError
from syncd.core.times import instant
from syncd.entrypoints.web.feeds import calendar_answer
from syncd.entrypoints.web.forms import GuestsForm, form_key
from syncd.entrypoints.web.pages import page
from syncd.entrypoints.web.throttle import throttle_of
from syncd.entrypoints.web.visit_words import days_of, links_to_add, manner_for, reasons_said, slot_said, visit_words
from syncd.entrypoints.web.visitor import Now, TheSystem, address_of, now_of, system_of
from syncd.services.access.once import once
from syncd.services.access.secrets import digest_of
from syncd.services.feeds.reading import FeedBody
from syncd.services.messaging.visits import Visit, Visits, VisitState
from syncd.services.scheduling.changes import By, Terms

_OFTEN = 60
_MISSES = 30


class _GuestsRoute(APIRoute):
    """Answers every link that opens nothing alike, and lets no network address try many."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        usual = super().get_route_handler()

        async def handler(request: Request) -> Response:
            misses, now = throttle_of(request.app, "visit_misses", _MISSES), now_of(request)
            reads = throttle_of(request.app, "visit_reads", _OFTEN)
            token = digest_of(str(request.path_params.get("token", "")))
            if misses.is_full(address_of(request), now) or not reads.came(token, now):
                return _gone(request, 429)
            try:
                return await usual(request)
            except LinkError:
                misses.came(address_of(request), now)
                return _gone(request, 404)

        return handler


router = APIRouter(include_in_schema=False, route_class=_GuestsRoute)


@dataclass(frozen=True, slots=True)
class Guest:
    """Who holds a link, and what serves them. ``zone``: the zone in which they want to read times, "": their own."""

    request: Request
    system: System
    visits: Visits
    token: str
    now: datetime
    zone: str

    @property
    def terms(self) -> Terms:
        """The terms of what they ask; on whose behalf it is, the link says."""
        return self.system.terms(By(Party.CLIENT, part_of_syncd("link")), self.now)

    @property
    def query(self) -> str:
        """What keeps the zone in an address."""
        return f"?{urlencode({'zone': self.zone})}" if self.zone else ""

    def words(self, found: Visit) -> dict[str, Any]:
        """Return what every page of theirs says."""
        manner = manner_for(self.system.settings, found, self.zone)
        told = visit_words(self.system.settings, found, manner)
        return {"guest": self.token, "token": self.token, "zone": self.zone, "query": self.query, **told}

    def page(self, template: str, found: Visit, **values: Any) -> Response:
        """Return a page drawn for them."""
        return page(self.request, template, **self.words(found), **values)

    def leads_to(self, appointment_id: str, done: str) -> Response:
        """Return the way on to what came of a form: to this link, or to that of the appointment made in its place."""
        token = self.visits.token_after(self.token, appointment_id, self.now)
        zone = {"zone": self.zone} if self.zone else {}
        return RedirectResponse(f"/visit/{quote(token)}?{urlencode({'done': done, **zone})}", 303)


def _guest(request: Request, system: TheSystem, now: Now, token: str, zone: str = "") -> Guest:
    """Return who holds the link; where mails have no links there are no pages for them either."""
    if not system.settings.pages_address:
        raise LinkError
    return Guest(request, system, visits(system), token, now, zone)


TheGuest = Annotated[Guest, Depends(_guest)]


@router.get("/visit/{token}")
def visit(guest: TheGuest, later: int = 0, done: str = "") -> Response:
    """Show the appointment and what may be done about it. Opening it changes nothing: mail scanners open links."""
    return _shown(guest, later=later, done=done)


@router.get("/visit/{token}/time")
def ask_time(guest: TheGuest, start: str = "") -> Response:
    """Show the old and the new time, and ask."""
    found, times = guest.visits.times(guest.token, guest.now)
    chosen = _start(start)
    if chosen is None or chosen not in map(instant, times):
        return _shown(guest, problem=_why_not(chosen), status=200 if chosen is None else 409)
    new = slot_said(manner_for(guest.system.settings, found, guest.zone), chosen, found.appointment)
    return guest.page("visit_time.html", found, start=chosen.isoformat(), new=new, once=form_key())


@router.post("/visit/{token}/time", dependencies=[GuestsForm])
def take_time(
    guest: TheGuest, start: Annotated[str, Form()] = "", key: Annotated[str, Form(alias="once")] = ""
) -> Response:
    """Give the appointment the time, if it is still free; else say so, and offer others."""
    chosen = _start(start)
    if chosen is None:
        return _shown(guest, problem=_why_not(None), status=422)
    store, terms = guest.system.store, guest.terms
    try:
        made = once(
            store, key, guest.token, guest.now, lambda tx: guest.visits.choose(tx, guest.token, chosen, terms).id
        )
    except LinkError:
        raise
    except RefusalError as error:
        return _shown(guest, problem=_said(error), status=409)
    return guest.leads_to(made, "moved")


@router.get("/visit/{token}/cancel")
def ask_cancel(guest: TheGuest) -> Response:
    """Ask why, and whether it is meant."""
    return _cancel_form(guest)


@router.post("/visit/{token}/cancel", dependencies=[GuestsForm])
def take_cancel(
    guest: TheGuest,
    reason: Annotated[str, Form()] = "",
    word: Annotated[str, Form()] = "",
    key: Annotated[str, Form(alias="once")] = "",
) -> Response:
    """Cancel the appointment."""
    missing = _missing(guest.visits, reason, word)
    if missing:
        return _cancel_form(guest, problem=missing, status=422, reason=reason, word=word)
    store, terms = guest.system.store, guest.terms
    try:
        made = once(
            store, key, guest.token, guest.now, lambda tx: guest.visits.cancel(tx, guest.token, reason, word, terms).id
        )
    except LinkError:
        raise
    except (InvalidValueError, ReasonError) as error:
        return _cancel_form(guest, problem=error.message, status=422, reason=reason, word=word)
    except RefusalError as error:
        return _shown(guest, problem=_said(error), status=409)
    return guest.leads_to(made, "cancelled")


@router.get("/visit/{token}/event.ics")
def event(guest: TheGuest) -> Response:
    """Return the appointment as a file for a calendar."""
    found = guest.visits.event(guest.token, guest.now)
    body = FeedBody(found.content, hashlib.sha256(found.content).hexdigest()[:32], found.changed_at)
    return calendar_answer(guest.request, body, disposition='attachment; filename="appointment.ics"')


def _shown(guest: Guest, *, later: int = 0, done: str = "", problem: str = "", status: int = 200) -> Response:
    found, times = guest.visits.times(guest.token, guest.now)
    manner = manner_for(guest.system.settings, found, guest.zone)
    is_held = found.state in {VisitState.OPEN, VisitState.LATE}
    adding = links_to_add(guest.visits.event(guest.token, guest.now).event) if is_held else []
    return guest.page(
        "visit.html",
        found,
        days=days_of(times, manner, later),
        adding=adding,
        done=done if done in {"moved", "cancelled"} else "",
        problem=problem,
        status=status,
    )


def _cancel_form(guest: Guest, *, problem: str = "", status: int = 200, reason: str = "", word: str = "") -> Response:
    found = guest.visits.look(guest.token, guest.now)
    if found.state is not VisitState.OPEN:
        return _shown(guest)
    asked: dict[str, Any] = {
        "reasons": reasons_said(guest.visits.reasons()),
        "reason": reason,
        "word": word,
        "once": form_key(),
    }
    return guest.page("visit_cancel.html", found, problem=problem, status=status, **asked)


def _gone(request: Request, status: int) -> Response:
    settings = system_of(request).settings
    told: dict[str, Any] = {"email": settings.practice.email, "contact": settings.booking.contact}
    response = page(request, "visit_gone.html", guest="nobody", status=status, too_often=status == 429, **told)
    if status == 429:
        response.headers["Retry-After"] = str(60 - now_of(request).second)
    return response


def _missing(served: Visits, reason: str, word: str) -> str:
    """Return what the form lacks, in words; "" when it is whole."""
    chosen = next((one for one in served.reasons() if one.code == reason), None)
    if chosen is None:
        return "Choose a reason."
    if chosen.note_required and not word.strip():
        return f"Write a word to your provider: “{chosen.label}” explains nothing by itself."
    return ""


def _said(error: RefusalError) -> str:
    """Return a refusal as a client reads it: without ids, and without what only the practice can do about it."""
    if isinstance(error, SlotTakenError | InvalidValueError):
        return error.message
    if isinstance(error, LateNoticeError):
        return "It is too late to change this here. Below is how to reach your provider."
    return "This appointment can no longer be changed here. Below is how it stands now."


def _start(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return instant(found) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _why_not(chosen: datetime | None) -> str:
    return "Choose a time first." if chosen is None else SlotTakenError().message
