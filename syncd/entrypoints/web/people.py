"""Providers and clients: list, add, change, deactivate."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from syncd.bootstrap import System
from syncd.core.access.permissions import Permission
from syncd.core.errors import HasAppointmentsError, InvalidValueError, SyncdError
from syncd.core.scheduling.money import parse_money, written
from syncd.core.scheduling.people import Client, Party, Provider
from syncd.entrypoints.web.forms import OwnForm
from syncd.entrypoints.web.listing import Asked
from syncd.entrypoints.web.pages import Told, gone_to, page
from syncd.entrypoints.web.problems import status_of
from syncd.entrypoints.web.visitor import ForPractice, PracticeReader, TheSystem, Visitor
from syncd.ports.store.lists import CalendarFilter, Part
from syncd.presentation.wording import for_pages
from syncd.services.scheduling.deactivating import Deactivate, PersonKind, activate, deactivate
from syncd.services.scheduling.people import add_client, add_provider, edit_client, edit_provider

router = APIRouter(include_in_schema=False)

_KINDS = {"providers": PersonKind.PROVIDER, "clients": PersonKind.CLIENT}
_EMPTY: dict[str, Any] = {
    "name": "",
    "email": "",
    "timezone": "",
    "language": "",
    "booking_url": "",
    "late_notice_hours": "",
    "late_fee": "",
}


def person_form(
    name: Annotated[str, Form()] = "",
    email: Annotated[str, Form()] = "",
    timezone: Annotated[str, Form()] = "",
    language: Annotated[str, Form()] = "",
    booking_url: Annotated[str, Form()] = "",
    late_notice_hours: Annotated[str, Form()] = "",
    late_fee: Annotated[str, Form()] = "",
) -> dict[str, str]:
    """Return the fields of the form about a person, blanks taken off."""
    given = {
        "name": name,
        "email": email,
        "timezone": timezone,
        "language": language,
        "booking_url": booking_url,
        "late_notice_hours": late_notice_hours,
        "late_fee": late_fee,
    }
    return {field: value.strip() for field, value in given.items()}


Given = Annotated[dict[str, str], Depends(person_form)]


@router.get("/people", dependencies=[ForPractice])
def people(request: Request, system: TheSystem) -> Response:
    """List providers."""
    return _list(request, system, "providers")


@router.get("/people/clients", dependencies=[ForPractice])
def clients(request: Request, system: TheSystem) -> Response:
    """List clients."""
    return _list(request, system, "clients")


def _list(request: Request, system: System, kind: str) -> Response:
    asked = Asked(request)
    text = asked.text("Search", "name, address or id")
    part = asked.unsorted()
    with system.store.reading() as tx:
        found = tx.lists.providers(text, part) if kind == "providers" else tx.lists.clients(text, part)
    return page(request, "people.html", view=asked.view(found, part), kind=kind, is_wide=True)


@router.get("/people/{kind}/new")
def new(request: Request, visitor: PracticeReader, kind: str) -> Response:
    """Show the form of a new person."""
    visitor.require(Permission.MANAGE_PEOPLE)
    return _form(request, _kind(kind), None, _EMPTY)


@router.post("/people/{kind}/new", dependencies=[OwnForm])
def add(request: Request, system: TheSystem, visitor: PracticeReader, kind: str, given: Given) -> Response:
    """Add a person."""
    visitor.require(Permission.MANAGE_PEOPLE)
    which, by = _kind(kind), visitor.principal
    try:
        person: Provider | Client
        if which is PersonKind.PROVIDER:
            person = add_provider(system.store, by, visitor.now, **_values(which, given))
        else:
            person = add_client(system.store, by, visitor.now, **_values(which, given))
    except SyncdError as error:
        return _form(request, which, None, given, status=status_of(error), problem=for_pages(error.message))
    return gone_to(request, f"/people/{kind}/{person.id}", "Added.")


@router.get("/people/{kind}/{person_id}")
def person(request: Request, system: TheSystem, visitor: PracticeReader, kind: str, person_id: str) -> Response:
    """Show a person."""
    return _shown(request, system, visitor, _kind(kind), person_id)


@router.post("/people/{kind}/{person_id}", dependencies=[OwnForm])
def edit(
    request: Request, system: TheSystem, visitor: PracticeReader, kind: str, person_id: str, given: Given
) -> Response:
    """Change a person's record; a field that is emptied is taken away."""
    visitor.require(Permission.MANAGE_PEOPLE)
    which, by = _kind(kind), visitor.principal
    try:
        values = _values(which, given)
        needed = {"name", "email"} | ({"timezone"} if which is PersonKind.PROVIDER else set())
        empty = [field for field in needed if not values.get(field)]
        if empty:
            raise InvalidValueError(f"{min(empty).capitalize()} cannot be empty.")
        clear = [field for field, value in values.items() if value is None]
        kept = {field: value for field, value in values.items() if value is not None}
        change = edit_provider if which is PersonKind.PROVIDER else edit_client
        change(system.store, by, visitor.now, person_id, **kept, clear=clear)
    except SyncdError as error:
        words = for_pages(error.message)
        return _shown(request, system, visitor, which, person_id, status=status_of(error), problem=words, given=given)
    return gone_to(request, f"/people/{kind}/{person_id}", "Changed. Events that show it follow by themselves.")


@router.post("/people/{kind}/{person_id}/deactivate", dependencies=[OwnForm])
def switch_off(
    request: Request,
    system: TheSystem,
    visitor: PracticeReader,
    kind: str,
    person_id: str,
    reason: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    message: Annotated[str, Form()] = "",
) -> Response:
    """Deactivate a person; with a reason their appointments to come are cancelled with their messages."""
    visitor.require(Permission.MANAGE_PEOPLE)
    which = _kind(kind)
    asked = Deactivate(kind=which, ref=person_id, cancel_for=reason or None, note=note, message=message)
    try:
        with system.store.transaction() as tx:
            gone = deactivate(tx, asked, visitor.terms(system, Party.ADMIN))
    except HasAppointmentsError as error:
        coming = len(error.details.get("appointments", ()))
        words = (
            f"{coming or 'Some'} appointments are to come. Choose a reason below to cancel them, or move them first."
        )
        return _shown(request, system, visitor, which, person_id, status=409, problem=words)
    except SyncdError as error:
        words = for_pages(error.message)
        return _shown(request, system, visitor, which, person_id, status=status_of(error), problem=words)
    told = f"Deactivated; {len(gone.cancelled)} appointments were cancelled."
    return gone_to(request, f"/people/{kind}/{person_id}", told)


@router.post("/people/{kind}/{person_id}/activate", dependencies=[OwnForm])
def switch_on(request: Request, system: TheSystem, visitor: PracticeReader, kind: str, person_id: str) -> Response:
    """Let a person be booked again."""
    visitor.require(Permission.MANAGE_PEOPLE)
    with system.store.transaction() as tx:
        activate(tx, _kind(kind), person_id, visitor.terms(system, Party.ADMIN))
    return gone_to(request, f"/people/{kind}/{person_id}", Told("May be booked again."))


def _kind(kind: str) -> PersonKind:
    """Return whom an address is about. Raises `InvalidValueError`."""
    if kind not in _KINDS:
        raise InvalidValueError("People are providers or clients.")
    return _KINDS[kind]


def _values(kind: PersonKind, given: dict[str, str]) -> dict[str, Any]:
    """Return what a form gives, as the services take it; None for what is left empty."""
    values: dict[str, Any] = {field: value or None for field, value in given.items()}
    for field in ("name", "email"):
        values[field] = given[field]
    if kind is PersonKind.CLIENT:
        return {field: values[field] for field in ("name", "email", "timezone", "language")}
    hours = given["late_notice_hours"]
    if hours and not hours.isdecimal():
        raise InvalidValueError("The notice that clients must give is a number of hours, such as 24.")
    fee = parse_money(given["late_fee"]) if given["late_fee"] else None
    if not given["timezone"]:
        raise InvalidValueError("A provider needs a time zone, such as America/New_York.")
    return values | {"late_notice_hours": int(hours) if hours else None, "late_fee": fee}


def _given(person: Provider | Client) -> dict[str, Any]:
    """Return a person as the form's fields show them."""
    given = _EMPTY | {"name": person.name, "email": person.email, "timezone": person.timezone or ""}
    given["language"] = person.language or ""
    if isinstance(person, Provider):
        given["booking_url"] = person.booking_url or ""
        given["late_notice_hours"] = "" if person.late_notice_hours is None else person.late_notice_hours
        given["late_fee"] = written(person.late_fee) if person.late_fee else ""
    return given


def _form(
    request: Request,
    kind: PersonKind,
    person: Provider | Client | None,
    given: Any,
    *,
    status: int = 200,
    problem: str = "",
) -> Response:
    values: dict[str, Any] = {"kind": f"{kind}s", "person": person, "given": given}
    return page(request, "person_new.html", status=status, problem=problem, **values)


def _shown(
    request: Request,
    system: System,
    visitor: Visitor,
    kind: PersonKind,
    person_id: str,
    *,
    status: int = 200,
    problem: str = "",
    given: dict[str, str] | None = None,
) -> Response:
    now = visitor.now
    with system.store.reading() as tx:
        is_provider = kind is PersonKind.PROVIDER
        found: Provider | Client = tx.providers.get(person_id) if is_provider else tx.clients.get(person_id)
        own = CalendarFilter(provider_id=found.id)
        calendars = tx.lists.calendars(own, Part(counted=False), now, system.objectives).rows if is_provider else []
    values: dict[str, Any] = {
        "kind": f"{kind}s",
        "person": found,
        "given": given or _given(found),
        "calendars": calendars,
        "may_manage": visitor.may("manage_people"),
        "reasons": system.settings.booking.reasons,
    }
    return page(request, "person.html", status=status, problem=problem, **values)
