"""Booking an appointment, or a series, for a client: what is free is offered, and what it would meet is said."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from syncd.bootstrap import System
from syncd.bootstrap.visiting import slots
from syncd.core.access.permissions import Permission
from syncd.core.errors import ClientOverlapError, InvalidValueError, NotFoundError, RefusalError
from syncd.core.scheduling.people import Party, Provider
from syncd.core.times import zone
from syncd.entrypoints.web.appointment_edit import free_days
from syncd.entrypoints.web.changing import change_address
from syncd.entrypoints.web.forms import OwnForm, form_key
from syncd.entrypoints.web.pages import page
from syncd.entrypoints.web.problems import status_of
from syncd.entrypoints.web.times_asked import NO_TROUBLE, AskedTime, ByAddress, ByForm, Trouble, trouble_of
from syncd.entrypoints.web.visitor import SomeVisitor, TheSystem, Visitor
from syncd.ports.store.lists import Part
from syncd.ports.store.transaction import Transaction
from syncd.services.access.once import once
from syncd.services.scheduling.booking import NewBooking, book
from syncd.services.scheduling.slots import Looking

router = APIRouter(include_in_schema=False)

REPEATS = {
    "": "No",
    "FREQ=WEEKLY": "Every week",
    "FREQ=WEEKLY;INTERVAL=2": "Every two weeks",
    "FREQ=WEEKLY;INTERVAL=4": "Every four weeks",
}
_MOST_PEOPLE = 200


@router.get("/appointments/new")
def ask(
    request: Request,
    system: TheSystem,
    visitor: SomeVisitor,
    asked: ByAddress,
    provider: str = "",
    client: str = "",
    repeat: str = "",
    times: str = "",
) -> Response:
    """Ask who, when and where."""
    visitor.require(Permission.BOOK)
    who = {"provider": provider, "client": client, "repeat": repeat, "times": times}
    return _form(request, system, visitor, asked, who)


@router.post("/appointments/new", dependencies=[OwnForm])
def add(
    request: Request,
    system: TheSystem,
    visitor: SomeVisitor,
    asked: ByForm,
    provider: Annotated[str, Form()] = "",
    client: Annotated[str, Form()] = "",
    repeat: Annotated[str, Form()] = "",
    times: Annotated[str, Form()] = "",
    key: Annotated[str, Form(alias="once")] = "",
) -> Response:
    """Book it, and go on to what was done."""
    visitor.require(Permission.BOOK)
    who = {"provider": provider.strip(), "client": client.strip(), "repeat": repeat, "times": times.strip()}
    terms, tz = visitor.terms(system, Party.ADMIN), zone(system.settings.web.timezone)
    try:
        with system.store.reading() as tx:
            found = _provider(tx, who["provider"])
        tz = zone(found.timezone)
        wanted = _wanted(asked, asked.moment(tz), who)
        address = once(
            system.store, key, visitor.user.id, visitor.now, lambda tx: change_address(tx, book(tx, wanted, terms))
        )
    except RefusalError as error:
        said = trouble_of(error, tz)
        trouble = Trouble(_said(error, said.text), said.which, said.instead, (), isinstance(error, ClientOverlapError))
        return _form(request, system, visitor, asked, who, status=status_of(error), trouble=trouble)
    return RedirectResponse(address, 303)


def _wanted(asked: AskedTime, start: datetime, who: dict[str, str]) -> NewBooking:
    if not who["client"]:
        raise InvalidValueError("Choose a client: by their e-mail address, as the list offers it, or by their id.")
    return NewBooking(
        provider=who["provider"],
        client=who["client"],
        start=start,
        minutes=asked.length(),
        location=asked.place,
        repeat=_rule(who["repeat"], who["times"]),
        allow_overlap=bool(asked.overlap),
    )


def _rule(repeat: str, times: str) -> str | None:
    """Return the rule that the form asks for. Raises `InvalidValueError`."""
    if repeat not in REPEATS:
        raise InvalidValueError("Choose how it repeats from the list.")
    if not repeat:
        return None
    if times and not (times.isdecimal() and int(times) > 1):
        raise InvalidValueError("How many sessions: a number of 2 or more, or nothing for a series without an end.")
    return f"{repeat};COUNT={times}" if times else repeat


def _provider(tx: Transaction, ref: str) -> Provider:
    if not ref:
        raise InvalidValueError("Choose a provider.")
    return tx.providers.get(ref)


def _said(error: RefusalError, text: str) -> str:
    if error.code == "overlap":
        start, end = (datetime.fromisoformat(error.details[name]) for name in ("other_start", "other_end"))
        return f"The provider has another session from {start:%H:%M} to {end:%H:%M} that day. Choose another time."
    if isinstance(error, NotFoundError):
        return "There is nobody by that name or address: choose from the list."
    return text


def _form(
    request: Request,
    system: System,
    visitor: Visitor,
    asked: AskedTime,
    who: dict[str, str],
    *,
    status: int = 200,
    trouble: Trouble = NO_TROUBLE,
) -> Response:
    shown = AskedTime(
        date=asked.date,
        start=asked.start,
        minutes=asked.minutes or "50",
        place="" if asked.place == "\0" else asked.place,
        which=asked.which,
    )
    part = Part(size=_MOST_PEOPLE, counted=False)
    with system.store.reading() as tx:
        people = [one for one in tx.lists.providers(None, part).rows if one.active]
        clients = [one for one in tx.lists.clients(None, part).rows if one.active]
        found = next((one for one in people if one.id == who["provider"]), None)
        times = slots(system).for_practice(tx, _looking(found, shown), visitor.now) if found else []
    values: dict[str, Any] = {
        "asked": shown,
        "who": who,
        "trouble": trouble,
        "people": people,
        "clients": clients,
        "chosen": found,
        "free": free_days(times, shown.date),
        "repeats": REPEATS,
        "once": form_key(),
    }
    return page(request, "appointment_new.html", status=status, problem=trouble.text, **values)


def _looking(provider: Provider, asked: AskedTime) -> Looking:
    minutes = int(asked.minutes) if asked.minutes.isdecimal() and 0 < int(asked.minutes) <= 1440 else 50
    return Looking(provider=provider, client_id=None, minutes=minutes)
