"""The way to a connected calendar: one question a page, the account tried live, all of it checked before it is done."""

from contextlib import closing
from dataclasses import asdict, replace
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from syncd.bootstrap import System
from syncd.bootstrap.console import trial_servers
from syncd.core.access.permissions import Permission
from syncd.core.errors import InvalidValueError, RefusalError, SyncdError
from syncd.core.sync.calendars import CalendarMode, Privacy
from syncd.entrypoints.web.answers import Answers, Step
from syncd.entrypoints.web.forms import OwnForm
from syncd.entrypoints.web.pages import gone_to, page
from syncd.entrypoints.web.problems import status_of
from syncd.entrypoints.web.visitor import SomeVisitor, TheSystem, Visitor
from syncd.ports.addresses import is_in_the_clear
from syncd.ports.remote.errors import AddressRefusedError, LoginRefusedError
from syncd.ports.remote.values import Account, Discovered
from syncd.presentation.connecting import KINDS, tried
from syncd.presentation.labels import MODE_MEANS, MODES, PRIVACIES
from syncd.presentation.wording import for_pages
from syncd.services.sync.connecting import already_connected, sessions_ahead, try_account

router = APIRouter(include_in_schema=False)

_LONGEST_NAME = 80
_MODES = (CalendarMode.NORMAL, CalendarMode.REPORT_ONLY)
_IN_THE_CLEAR = (
    "The address begins with http://: what is sent there can be read on the way. Give one that begins with https://."
)


class _FieldError(InvalidValueError):
    """An answer is missing or wrong; ``details["field"]`` names it."""


@router.get("/calendars/new")
def begin(system: TheSystem, visitor: SomeVisitor, provider: str = "") -> Response:
    """Begin anew, for a provider whose page one comes from."""
    _check(visitor)
    answers = Answers()
    if provider:
        with system.store.reading() as tx:
            answers = answers.having(Step.PROVIDER, provider=tx.providers.get(provider).id)
    answers.keep(system, visitor)
    return _to(Step.KIND if provider else Step.PROVIDER)


@router.get("/calendars/new/{step}")
def show(request: Request, system: TheSystem, visitor: SomeVisitor, step: Step) -> Response:
    """Show one question, with what was answered before; the first that is open where one came too far."""
    _check(visitor)
    answers = Answers.of(system, visitor)
    missing = answers.missing_before(step)
    if missing is not None:
        return _to(missing)
    return _page(request, system, visitor, step, answers)


@router.post("/calendars/new/provider", dependencies=[OwnForm])
def choose_provider(
    request: Request, system: TheSystem, visitor: SomeVisitor, provider: Annotated[str, Form()] = ""
) -> Response:
    """Keep whose calendar it is."""
    _check(visitor)
    answers = Answers.of(system, visitor)
    try:
        if not provider:
            raise _FieldError("Choose whose calendar is to be connected.", field="provider")
        with system.store.reading() as tx:
            answers = answers.having(Step.PROVIDER, provider=tx.providers.get(provider).id)
    except SyncdError as error:
        return _page(request, system, visitor, Step.PROVIDER, answers, error)
    return _on(system, visitor, answers, Step.KIND)


@router.post("/calendars/new/kind", dependencies=[OwnForm])
def choose_kind(
    request: Request, system: TheSystem, visitor: SomeVisitor, kind: Annotated[str, Form()] = ""
) -> Response:
    """Keep what kind of account it is; its address is filled in on the next page."""
    _check(visitor)
    answers = Answers.of(system, visitor)
    known = KINDS.get(kind)
    if known is None or not known.is_connectable:
        error = _FieldError("Choose where the provider keeps the calendar.", field="kind")
        return _page(request, system, visitor, Step.KIND, answers, error)
    if kind != answers.kind:
        answers = replace(answers.without(Step.LOGIN, Step.CALENDAR), url="", username="", password="", tried=())
    return _on(system, visitor, answers.having(Step.KIND, kind=kind), Step.LOGIN)


@router.post("/calendars/new/login", dependencies=[OwnForm])
def try_login(
    request: Request,
    system: TheSystem,
    visitor: SomeVisitor,
    url: Annotated[str, Form()] = "",
    username: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    use: Annotated[str, Form()] = "",
) -> Response:
    """Try the account, and keep what was found. ``use`` is the address to which the server pointed."""
    _check(visitor)
    before = Answers.of(system, visitor)
    if before.missing_before(Step.LOGIN) is not None:
        return _to(Step.PROVIDER)
    answers = _with_login(before, use or url, username.strip(), password, pointed=bool(use))
    try:
        _check_login(answers)
    except SyncdError as error:
        return _page(request, system, visitor, Step.LOGIN, answers, error)
    with closing(trial_servers(system)) as servers:
        trial = try_account(servers, Account(answers.url, answers.username, answers.password))
    answers = replace(
        answers,
        tried=tuple((line.mark, line.text) for line in tried(trial, answers.url)),
        found=tuple(asdict(one) for one in trial.collections),
    )
    if trial.error is not None:
        answers.keep(system, visitor)
        return _page(request, system, visitor, Step.LOGIN, answers, trial.error)
    return _on(system, visitor, answers.having(Step.LOGIN), Step.CALENDAR)


def _with_login(answers: Answers, url: str, username: str, password: str, *, pointed: bool) -> Answers:
    """Return the answers with this login. A password that was left empty is the one given before for the same host."""
    url = url.strip()
    url = url if not url or "://" in url else f"https://{url}"
    same = username == answers.username and (pointed or _host(url) == _host(answers.url))
    return replace(
        answers.without(Step.LOGIN, Step.CALENDAR),
        url=url,
        username=username,
        password=password or (answers.password if same else ""),
        tried=(),
        found=(),
        collection="",
    )


def _check_login(answers: Answers) -> None:
    """Raise `_FieldError` for what is missing, or must not be sent."""
    kind = KINDS[answers.kind]
    if not _host(answers.url):
        raise _FieldError("Give the address of the calendar server.", field="url")
    if is_in_the_clear(answers.url):
        raise _FieldError(_IN_THE_CLEAR, field="url")
    if not answers.username:
        raise _FieldError(f"Give the {kind.login[:1].lower()}{kind.login[1:]}.", field="username")
    if not answers.password:
        raise _FieldError(f"Give the {kind.password[:1].lower()}{kind.password[1:]}.", field="password")


@router.post("/calendars/new/calendar", dependencies=[OwnForm])
def choose_calendar(
    request: Request,
    system: TheSystem,
    visitor: SomeVisitor,
    collection: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
) -> Response:
    """Keep which of the account's calendars it is; "": a new one called ``name``."""
    _check(visitor)
    answers = Answers.of(system, visitor)
    name = " ".join(name.split())
    try:
        _check_calendar(system, answers, collection, name)
    except SyncdError as error:
        chosen = replace(answers, collection=collection, name=name)
        return _page(request, system, visitor, Step.CALENDAR, chosen, error)
    return _on(
        system, visitor, answers.having(Step.CALENDAR, collection=collection, name=name or answers.name), Step.KEEPING
    )


def _check_calendar(system: System, answers: Answers, collection: str, name: str) -> None:
    """Raise `_FieldError` for a calendar that cannot be chosen, or a name that is taken."""
    if not collection:
        if not name or len(name) > _LONGEST_NAME:
            raise _FieldError(f"Give the new calendar a name of at most {_LONGEST_NAME} characters.", field="name")
        if any(one.name == name for one in answers.collections):
            raise _FieldError("There is a calendar of that name: choose it, or give another name.", field="name")
        return
    chosen = next((one for one in answers.collections if one.url == collection), None)
    if chosen is None or chosen.writable is False:
        raise _FieldError("Choose one of the calendars that may be written.", field="collection")
    with system.store.reading() as tx:
        if already_connected(tx, [collection]):
            raise _FieldError("syncd publishes in that calendar already. Choose another one.", field="collection")


@router.post("/calendars/new/keeping", dependencies=[OwnForm])
def choose_keeping(
    request: Request,
    system: TheSystem,
    visitor: SomeVisitor,
    mode: Annotated[CalendarMode, Form()] = CalendarMode.NORMAL,
    privacy: Annotated[str, Form()] = "",
    agreed: Annotated[str, Form()] = "",
    plain: Annotated[str, Form()] = "",
) -> Response:
    """Keep what syncd may do there, and what titles tell."""
    _check(visitor)
    answers = replace(
        Answers.of(system, visitor), mode=str(mode), privacy=privacy, agreed=bool(agreed), plain=bool(plain)
    )
    try:
        if mode not in _MODES or (privacy and privacy not in PRIVACIES):
            raise _FieldError("Choose one of the ways that are offered.", field="mode")
        if privacy == Privacy.NAME and not agreed:
            raise _FieldError(
                "Full names need an agreement with the service that covers health data: tick that there is one.",
                field="agreed",
            )
    except SyncdError as error:
        return _page(request, system, visitor, Step.KEEPING, answers, error)
    return _on(system, visitor, answers.having(Step.KEEPING), Step.CHECK)


@router.post("/calendars/new/check", dependencies=[OwnForm])
def connect(request: Request, system: TheSystem, visitor: SomeVisitor, seen: Annotated[str, Form()] = "") -> Response:
    """Connect it, as it was looked at; pressed twice it is connected once."""
    _check(visitor)
    answers = Answers.of(system, visitor)
    if answers.calendar:
        return RedirectResponse(f"/calendars/{answers.calendar}", 303)
    missing = answers.missing_before(Step.CHECK)
    if missing is not None:
        return _to(missing)
    try:
        if seen != answers.fingerprint:
            raise RefusalError("The answers were changed in another window meanwhile. Look at them again.")
        _check_calendar(system, answers, answers.collection, answers.name)
        service, new = system.calendars(visitor.principal), answers.new_calendar()
        calendar = service.connect(new, visitor.now, _found(system, answers))
    except SyncdError as error:
        return _page(request, system, visitor, Step.CHECK, answers, error)
    Answers(calendar=calendar.id).keep(system, visitor)
    return gone_to(request, f"/calendars/{calendar.id}", _CONNECTED[calendar.mode.writes])


_CONNECTED = {
    True: "Connected. What lies ahead is written there now; the page shows how far that is when you look again.",
    False: "Connected. syncd looks at everything there, and writes nothing until you choose the normal mode.",
}


def _found(system: System, answers: Answers) -> Discovered:
    """Find the chosen calendar again, or make it, within the bounds of what people may have opened."""
    with closing(trial_servers(system)) as servers:
        return servers.discover(answers.account, None if answers.collection else answers.name)


def _check(visitor: Visitor) -> None:
    visitor.require(Permission.MANAGE_CALENDAR)
    visitor.require_proof()


def _to(step: Step) -> Response:
    return RedirectResponse(f"/calendars/new/{step}", 303)


def _on(system: System, visitor: Visitor, answers: Answers, step: Step) -> Response:
    answers.keep(system, visitor)
    return _to(step)


def _page(
    request: Request, system: System, visitor: Visitor, step: Step, answers: Answers, error: SyncdError | None = None
) -> Response:
    """Draw one question; after ``error`` with what is wrong. The password is left out of what templates get."""
    with system.store.reading() as tx:
        providers = [one for one in tx.providers.list() if one.active] if step is Step.PROVIDER else []
        provider = tx.providers.get(answers.provider) if answers.provider else None
        values: dict[str, Any] = {
            "taken": already_connected(tx, [one.url for one in answers.collections]),
            "sessions": sessions_ahead(tx, provider.id, visitor.now) if provider and step is Step.CHECK else 0,
        }
    values |= {
        "step": str(step),
        "places": answers.places(step),
        "answers": replace(answers, password=""),
        "has_password": bool(answers.password),
        "providers": providers,
        "provider": provider,
        "kinds": KINDS,
        "kind": KINDS.get(answers.kind),
        "server": _host(answers.url),
        "modes": [(mode, MODES[mode].text, MODE_MEANS[mode]) for mode in _MODES],
        "privacies": PRIVACIES,
        "usual": PRIVACIES[system.settings.practice.privacy],
        "problem_field": error.details.get("field", "") if error else "",
        "pointed": _pointed(error),
    }
    status = status_of(error) if error else 200
    return page(request, "connect.html", status=status, problem=_words(answers, error) if error else "", **values)


def _words(answers: Answers, error: SyncdError) -> str:
    """Return what is wrong with the remedy of that kind of account."""
    said = for_pages(error.message)
    kind = KINDS.get(answers.kind)
    if isinstance(error, LoginRefusedError) and kind is not None:
        return f"{_host(answers.url)} refused this login. {kind.refused}"
    if isinstance(error, AddressRefusedError):
        return f"Refused: {said}"
    return said


def _pointed(error: SyncdError | None) -> str:
    """Return the address to which the server pointed instead of answering there itself; the login was not sent on."""
    url = str(error.details.get("url", "")) if error is not None and error.code == "not_a_calendar" else ""
    return url if url.startswith("https://") else ""


def _host(url: str) -> str:
    return url.partition("//")[2].partition("/")[0]
