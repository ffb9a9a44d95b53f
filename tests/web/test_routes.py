"""Who may open and send what: every route in one table, each cell of it tried, with another provider's things too."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pytest
from fastapi.routing import APIRoute

from syncd.core.access.principal import Role
from syncd.core.sync.drift import Drift
from syncd.entrypoints.web.app import create_app
from syncd.entrypoints.web.server import WebServer
from tests.web.browser import Browser
from tests.web.office import Office, moved

ALL, OWN, PRACTICE, ADMIN = "everybody", "own things", "admin and reviewer", "admin"
OWN_OR_ADMIN = "admin, and a provider's own"
OPEN, GATED = "without signing in", "by something else than a session"

TABLE: dict[tuple[str, str], str] = {
    ("GET", "/healthz"): OPEN,
    ("GET", "/readyz"): OPEN,
    ("GET", "/static/{digest}/{name}"): OPEN,
    ("GET", "/login"): OPEN,
    ("POST", "/login"): OPEN,
    ("POST", "/logout"): OPEN,
    ("GET", "/welcome/{token}"): GATED,
    ("POST", "/welcome/{token}"): GATED,
    ("GET", "/metrics"): GATED,
    ("GET", "/feeds/{name}"): GATED,
    ("GET", "/edit/{said}/{token}"): GATED,
    ("POST", "/edit/{said}/{token}"): GATED,
    ("GET", "/visit/{token}"): GATED,
    ("GET", "/visit/{token}/time"): GATED,
    ("POST", "/visit/{token}/time"): GATED,
    ("GET", "/visit/{token}/cancel"): GATED,
    ("POST", "/visit/{token}/cancel"): GATED,
    ("GET", "/visit/{token}/event.ics"): GATED,
    ("GET", "/"): ALL,
    ("GET", "/drifts"): ALL,
    ("GET", "/drifts/{drift_id}"): OWN,
    ("GET", "/drifts/{drift_id}/accept"): OWN_OR_ADMIN,
    ("POST", "/drifts/{drift_id}/accept"): OWN_OR_ADMIN,
    ("POST", "/drifts/{drift_id}/revert"): OWN_OR_ADMIN,
    ("POST", "/drifts/{drift_id}/dismiss"): OWN_OR_ADMIN,
    ("POST", "/drifts/{drift_id}/look"): OWN_OR_ADMIN,
    ("GET", "/drifts/bulk"): OPEN,
    ("POST", "/drifts/bulk"): ADMIN,
    ("POST", "/drifts/bulk/go"): ADMIN,
    ("GET", "/calendars"): ALL,
    ("GET", "/calendars/new"): ADMIN,
    ("GET", "/calendars/new/{step}"): ADMIN,
    ("POST", "/calendars/new/provider"): ADMIN,
    ("POST", "/calendars/new/kind"): ADMIN,
    ("POST", "/calendars/new/login"): ADMIN,
    ("POST", "/calendars/new/calendar"): ADMIN,
    ("POST", "/calendars/new/keeping"): ADMIN,
    ("POST", "/calendars/new/check"): ADMIN,
    ("GET", "/login/forgotten"): OPEN,
    ("POST", "/login/forgotten"): OPEN,
    ("GET", "/account"): ALL,
    ("POST", "/account"): ALL,
    ("POST", "/account/password"): ALL,
    ("POST", "/account/stay"): ALL,
    ("GET", "/live"): ALL,
    ("GET", "/live.json"): ALL,
    ("POST", "/account/sessions/end"): ALL,
    ("POST", "/account/sessions/{session_id}/end"): ALL,
    ("GET", "/account/tokens"): ALL,
    ("POST", "/account/tokens"): ALL,
    ("POST", "/account/tokens/{token_id}/revoke"): ALL,
    ("GET", "/account/feed"): OWN_OR_ADMIN,
    ("POST", "/account/feed"): OWN_OR_ADMIN,
    ("GET", "/account/proof"): ALL,
    ("POST", "/account/proof"): ALL,
    ("GET", "/calendars/{calendar_id}"): OWN,
    ("POST", "/calendars/{calendar_id}/look"): ADMIN,
    ("GET", "/calendars/{calendar_id}/settings"): ADMIN,
    ("POST", "/calendars/{calendar_id}/settings"): ADMIN,
    ("POST", "/calendars/{calendar_id}/test"): OWN_OR_ADMIN,
    ("GET", "/calendars/{calendar_id}/remove"): ADMIN,
    ("POST", "/calendars/{calendar_id}/remove"): ADMIN,
    ("POST", "/calendars/{calendar_id}/pause"): OWN_OR_ADMIN,
    ("POST", "/calendars/{calendar_id}/password"): OWN_OR_ADMIN,
    ("POST", "/calendars/{calendar_id}/resume"): OWN_OR_ADMIN,
    ("GET", "/calendars/{calendar_id}/resume/{how}"): ADMIN,
    ("POST", "/calendars/{calendar_id}/resume/{how}"): ADMIN,
    ("GET", "/claims"): ALL,
    ("GET", "/claims/attest"): OWN_OR_ADMIN,
    ("POST", "/claims/attest"): OWN_OR_ADMIN,
    ("GET", "/claims/verify"): ADMIN,
    ("POST", "/claims/verify"): ADMIN,
    ("GET", "/claims/{ref}"): OWN,
    ("POST", "/claims/{ref}/attest"): OWN_OR_ADMIN,
    ("POST", "/claims/{ref}/release"): ADMIN,
    ("POST", "/claims/by-edit/{drift_id}/attest"): OWN_OR_ADMIN,
    ("GET", "/appointments"): ALL,
    ("GET", "/appointments/{appointment_id}"): OWN,
    ("GET", "/appointments/new"): ADMIN,
    ("POST", "/appointments/new"): ADMIN,
    ("GET", "/appointments/{appointment_id}/cancel"): OWN_OR_ADMIN,
    ("POST", "/appointments/{appointment_id}/cancel"): OWN_OR_ADMIN,
    ("GET", "/appointments/{appointment_id}/edit"): OWN_OR_ADMIN,
    ("GET", "/appointments/{appointment_id}/edit/scope"): OWN_OR_ADMIN,
    ("POST", "/appointments/{appointment_id}/edit"): OWN_OR_ADMIN,
    ("GET", "/appointments/{appointment_id}/changes/{number}"): OWN,
    ("GET", "/messages"): ALL,
    ("GET", "/messages/{message_id}"): OWN,
    ("GET", "/messages/{message_id}/preview.html"): OWN,
    ("POST", "/messages/{message_id}/retry"): ADMIN,
    ("GET", "/alerts"): PRACTICE,
    ("GET", "/audit"): PRACTICE,
    ("POST", "/audit/verify"): ADMIN,
    ("GET", "/reports/drift"): PRACTICE,
    ("GET", "/reports/drift.csv"): PRACTICE,
    ("GET", "/settings"): PRACTICE,
    ("GET", "/workers"): PRACTICE,
    ("GET", "/people"): PRACTICE,
    ("GET", "/people/clients"): PRACTICE,
    ("GET", "/people/users"): PRACTICE,
    ("POST", "/people/users"): ADMIN,
    ("POST", "/people/users/{user_id}/invite"): ADMIN,
    ("POST", "/people/users/{user_id}/deactivate"): ADMIN,
    ("GET", "/people/{kind}/new"): ADMIN,
    ("POST", "/people/{kind}/new"): ADMIN,
    ("GET", "/people/{kind}/{person_id}"): PRACTICE,
    ("POST", "/people/{kind}/{person_id}"): ADMIN,
    ("POST", "/people/{kind}/{person_id}/deactivate"): ADMIN,
    ("POST", "/people/{kind}/{person_id}/activate"): ADMIN,
}

_FIELDS = {
    "/drifts/bulk": {"decision": "revert"},
    "/drifts/bulk/go": {"decision": "revert", "drift": "drift-nothere000"},
}
"""What a form must hold to be read at all, so that the answer is about the person and not about the form."""


class Things(NamedTuple):
    """One provider's things, by the names that addresses have for them."""

    drift_id: str
    calendar_id: str
    ref: str
    appointment_id: str
    message_id: str
    user_id: str = "usr-nothere000"
    kind: str = "providers"
    person_id: str = "prv-nothere000"
    how: str = "republish"
    step: str = "provider"
    session_id: str = "nothere"
    token_id: str = "tok-nothere000"
    said: str = "meant"
    digest: str = "x"
    name: str = "x.css"
    token: str = "x"
    number: str = "1"


def things(office: Office, drift: Drift) -> Things:
    with office.system.store.reading() as tx:
        claim = tx.claims.get(drift.appointment_id)
        mails = [one for one in tx.messages.list() if one.appointment_id == drift.appointment_id]
        own = next(one for one in mails if one.party == "provider")
    return Things(drift.id, drift.calendar_id, claim.id, drift.appointment_id, own.id)


def test_every_route_is_in_the_table(office: Office) -> None:
    """A route that nobody has thought about fails here."""
    routes = every(create_app(office.system).routes)
    known = {(method, route.path) for route in routes for method in route.methods or ()}
    pages = {row for row in known if not row[1].startswith("/api/")}  # tests/api/test_routes.py has the others
    assert {row for row in pages if row[0] != "HEAD"} == set(TABLE)


def every(routes: Iterable[Any]) -> Iterator[APIRoute]:
    """Yield all routes, those of included routers too; none of another kind may be there but for the schema."""
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from every(route.original_router.routes)
        else:
            assert route.path == "/openapi.json"


def ask(browser: Browser, method: str, path: str, known: Things) -> int:
    """Open or send an address with these things in it; return the status."""
    address = re.sub(r"{(\w+)}", lambda match: str(getattr(known, match[1])), path)
    if method == "GET":
        return browser.begins(address)
    sent = {"csrf": token_of(browser), "password": "", **_FIELDS.get(path, {})}
    return browser.post(address, sent).status


def token_of(browser: Browser) -> str:
    return str(browser.get("/").tree.xpath("string(//input[@name='csrf']/@value)"))


def rows(*who: str) -> Iterator[tuple[str, str]]:
    return (row for row, allowed in TABLE.items() if allowed in who)


CHANGING_NOTHING = {"/drifts/{drift_id}/revert", "/drifts/{drift_id}/accept", "/drifts/{drift_id}/dismiss"}


@pytest.mark.parametrize("role", [Role.ADMIN, Role.REVIEWER, Role.PROVIDER])
def test_roles(office: Office, server: WebServer, role: Role) -> None:
    """Each role gets exactly what the table says; a provider is Dana, and the things are Dana's."""
    own = things(office, office.edit(office.one, moved()))
    browser = office.sign_in(Browser(*server.address), role)
    wrong = []
    for (method, path), who in TABLE.items():
        if who in {OPEN, GATED}:
            continue
        allowed = {
            ALL: True,
            OWN: True,
            PRACTICE: role is not Role.PROVIDER,
            ADMIN: role is Role.ADMIN,
            OWN_OR_ADMIN: role is not Role.REVIEWER,
        }[who]
        status = ask(browser, method, path, own)
        if (status != 403) is not allowed:
            wrong.append((method, path, status))
    assert wrong == []


def test_another_providers_things(office: Office, server: WebServer) -> None:
    """They look exactly as if there were none: 404, whatever is asked."""
    foreign = things(office, office.edit(office.other, moved()))
    browser = office.sign_in(Browser(*server.address), Role.PROVIDER)
    of_one_thing = [row for row in rows(OWN, OWN_OR_ADMIN) if "{" in row[1]]
    statuses = {row: ask(browser, *row, foreign) for row in of_one_thing}
    assert {row: status for row, status in statuses.items() if status != 404} == {}


def test_nobody_signed_in(office: Office, browser: Browser) -> None:
    """Pages lead to where one signs in; what is sent is refused."""
    own = things(office, office.edit(office.one, moved()))
    office.sign_in(Browser(browser.host, browser.port), Role.ADMIN)
    token = str(browser.get("/login").tree.xpath("string(//input[@name='csrf']/@value)"))
    wrong = []
    for (method, path), who in TABLE.items():
        if who in {OPEN, GATED}:
            continue
        address = re.sub(r"{(\w+)}", lambda match: str(getattr(own, match[1])), path)
        if method == "GET":
            status = browser._once("GET", address, None, {}).status
        else:
            status = browser.post(address, {"csrf": token, **_FIELDS.get(path, {})}).status
        if status not in {303, 401}:
            wrong.append((method, path, status))
    assert wrong == []


def test_forms_need_their_token(office: Office, ana: Browser) -> None:
    """Without it nothing that is sent is taken."""
    own = things(office, office.edit(office.one, moved()))
    for method, path in TABLE:
        if method == "POST":
            address = re.sub(r"{(\w+)}", lambda match: str(getattr(own, match[1])), path)
            page = ana.post(address, {"csrf": "forged", **_FIELDS.get(path, {})})
            assert page.status == 403, path
