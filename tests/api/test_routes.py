"""Who may ask for what: every operation in one table, each cell of it tried, with another provider's things too."""

from typing import Any

import pytest

from syncd.bootstrap import System
from syncd.core.access.accounts import TokenScope
from syncd.core.access.principal import Role
from syncd.entrypoints.cli.app import COMMANDS
from syncd.entrypoints.web.app import create_app
from tests.api.desk import PREFIX, Desk
from tests.web.office import moved

ALL, PRACTICE, ADMIN = "everybody", "admin and reviewer", "admin"
OWN, OWN_OR_ADMIN = "own things", "admin, and a provider's own"
ADMIN_OF_OWN = "admin; for a provider, another's are as if there were none"

TABLE: dict[tuple[str, str], str] = {
    ("GET", "/appointments"): ALL,
    ("POST", "/appointments"): ADMIN,
    ("GET", "/appointments/{appointment_id}"): OWN,
    ("PATCH", "/appointments/{appointment_id}"): OWN_OR_ADMIN,
    ("POST", "/appointments/{appointment_id}/cancel"): OWN_OR_ADMIN,
    ("POST", "/appointments/{appointment_id}/complete"): OWN_OR_ADMIN,
    ("POST", "/appointments/{appointment_id}/no-show"): OWN_OR_ADMIN,
    ("POST", "/appointments/{appointment_id}/revoke-links"): ADMIN_OF_OWN,
    ("GET", "/reasons"): ALL,
    ("GET", "/providers"): ALL,
    ("POST", "/providers"): ADMIN,
    ("GET", "/providers/{ref}"): OWN,
    ("PATCH", "/providers/{ref}"): ADMIN_OF_OWN,
    ("POST", "/providers/{ref}/deactivate"): ADMIN_OF_OWN,
    ("POST", "/providers/{ref}/activate"): ADMIN_OF_OWN,
    ("POST", "/providers/{ref}/feed"): OWN_OR_ADMIN,
    ("POST", "/providers/{ref}/feed/rotate"): OWN_OR_ADMIN,
    ("DELETE", "/providers/{ref}/feed"): OWN_OR_ADMIN,
    ("GET", "/clients"): PRACTICE,
    ("POST", "/clients"): ADMIN,
    ("GET", "/clients/{client}"): PRACTICE,
    ("PATCH", "/clients/{client}"): ADMIN,
    ("POST", "/clients/{client}/deactivate"): ADMIN,
    ("POST", "/clients/{client}/activate"): ADMIN,
    ("GET", "/calendars"): ALL,
    ("POST", "/calendars"): OWN_OR_ADMIN,
    ("GET", "/calendars/{calendar_id}"): OWN,
    ("PATCH", "/calendars/{calendar_id}"): ADMIN_OF_OWN,
    ("POST", "/calendars/{calendar_id}/pause"): OWN_OR_ADMIN,
    ("POST", "/calendars/{calendar_id}/resume"): OWN_OR_ADMIN,
    ("POST", "/calendars/{calendar_id}/examine"): OWN_OR_ADMIN,
    ("POST", "/reconcile"): ADMIN,
    ("GET", "/drifts"): ALL,
    ("GET", "/drifts/{drift_id}"): OWN,
    ("POST", "/drifts/{drift_id}/revert"): OWN_OR_ADMIN,
    ("POST", "/drifts/{drift_id}/accept"): OWN_OR_ADMIN,
    ("POST", "/drifts/{drift_id}/dismiss"): OWN_OR_ADMIN,
    ("POST", "/drift-explanations"): ALL,
    ("GET", "/claims"): ALL,
    ("POST", "/claims/attest"): OWN_OR_ADMIN,
    ("POST", "/claims/verify"): ADMIN,
    ("GET", "/claims/{claim}"): OWN,
    ("POST", "/claims/{claim}/attest"): OWN_OR_ADMIN,
    ("POST", "/claims/{claim}/release"): ADMIN_OF_OWN,
    ("POST", "/claims/{claim}/file"): ADMIN_OF_OWN,
    ("GET", "/messages"): ALL,
    ("GET", "/messages/{message_id}"): OWN,
    ("POST", "/messages/{message_id}/retry"): ADMIN_OF_OWN,
    ("GET", "/message-previews/{kind}"): PRACTICE,
    ("GET", "/status"): PRACTICE,
    ("GET", "/alerts"): PRACTICE,
    ("POST", "/alerts/test"): ADMIN,
    ("GET", "/workers"): PRACTICE,
    ("POST", "/check"): ADMIN,
    ("GET", "/settings"): PRACTICE,
    ("GET", "/audit"): PRACTICE,
    ("POST", "/audit/verify"): ADMIN,
    ("GET", "/reports/drift"): PRACTICE,
    ("POST", "/imports/{what}"): ADMIN,
    ("POST", "/backups"): ADMIN,
    ("POST", "/prune"): ADMIN,
    ("GET", "/webhooks"): PRACTICE,
    ("GET", "/users"): PRACTICE,
    ("POST", "/users"): ADMIN,
    ("POST", "/users/{user}/invite"): ADMIN,
    ("POST", "/users/{user}/deactivate"): ADMIN,
    ("GET", "/tokens"): ADMIN,
    ("POST", "/tokens"): ADMIN,
    ("DELETE", "/tokens/{token_id}"): ADMIN,
    ("DELETE", "/calendars/{calendar_id}"): ADMIN_OF_OWN,
}
"""Rows that end something come last."""

_SAID = {"clients": "client", "claims": "claim", "users": "user", "imports": "what"}
"""What the description calls ``ref`` or ``kind`` has here the name of what it is."""


def row(method: str, path: str) -> tuple[str, str]:
    for place, name in _SAID.items():
        path = path.replace(f"/{place}/{{ref}}", f"/{place}/{{{name}}}").replace(
            f"/{place}/{{kind}}", f"/{place}/{{what}}"
        )
    return method.upper(), path.removeprefix(PREFIX)


def things(desk: Desk, one: Any) -> dict[str, str]:
    """One provider's things, by the names that addresses have for them."""
    with desk.system.store.reading() as tx:
        mails = [mail for mail in tx.messages.list() if mail.appointment_id == one.id]
        own = next(mail for mail in mails if mail.party == "provider")
    return {
        "appointment_id": one.id,
        "ref": one.provider_id,
        "client": "cli-nothere000",
        "calendar_id": next(c.id for c in calendars(desk) if c.provider_id == one.provider_id),
        "drift_id": desk.office.drift(one).id,
        "claim": desk.claim_of(one.id),
        "message_id": own.id,
        "kind": "booked",
        "what": "clients",
        "user": "usr-nothere000",
        "token_id": "tok-nothere000",
    }


def calendars(desk: Desk) -> list[Any]:
    with desk.system.store.reading() as tx:
        return list(tx.calendars.list())


def body_of(path: str, known: dict[str, str]) -> Any:
    """What an operation has to be sent to be read at all: the answer is then about the caller, not about the body."""
    bodies: dict[str, Any] = {
        "/appointments": {"provider": known["ref"], "client": "cli-x", "start": "2099-12-01T10:00", "minutes": 50},
        "/appointments/{appointment_id}": {"location": "Room 9"},
        "/appointments/{appointment_id}/cancel": {"reason": "nobody_knows"},
        "/providers": {"name": "New One", "email": "dana@example.com", "timezone": "UTC"},
        "/providers/{ref}": {"language": None},
        "/clients": {"name": "New One", "email": "robin@example.org"},
        "/clients/{client}": {"language": None},
        "/calendars": {"provider": known["ref"], "url": "https://nowhere.invalid/", "username": "x", "password": "x"},
        "/calendars/{calendar_id}": {"objective": 120},
        "/drift-explanations": {"published": "x", "observed": None},
        "/claims/attest": {"drift": known["drift_id"], "as_planned": True},
        "/claims/verify": b"appointment,date_of_service\nx,2026-12-01\n",
        "/claims/{claim}/attest": {"as_planned": True},
        "/claims/{claim}/file": {"number": "1"},
        "/imports/{what}": b"external_id,name,email\n",
        "/users": {"name": "New One", "email": "admin@example.com", "role": "admin"},
        "/tokens": {"user": "usr-nothere000", "scope": "read"},
        "/reconcile": {"calendar": known["calendar_id"]},
    }
    return bodies.get(path, {})


def ask(desk: Desk, method: str, path: str, known: dict[str, str], **options: Any) -> int:
    address = path
    for name, value in known.items():
        address = address.replace(f"{{{name}}}", value)
    body = None if method in {"GET", "DELETE"} else body_of(path, known)
    headers: dict[str, Any] = {"If_Match": "*"} | ({"Content_Type": "text/plain"} if isinstance(body, bytes) else {})
    return desk.ask(method, address, body, **headers, **options).status


def test_every_operation_is_in_the_table(system: System) -> None:
    """An operation that nobody has thought about fails here."""
    paths = create_app(system).openapi()["paths"]
    described = {row(method, path) for path, operations in paths.items() for method in operations}
    assert described == set(TABLE)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.REVIEWER, Role.PROVIDER])
def test_roles(desk: Desk, role: Role) -> None:
    """Each role gets exactly what the table says; a provider is Dana, and the things are Dana's."""
    desk.office.edit(desk.office.one, moved())
    own = things(desk, desk.office.one)
    wrong = []
    for (method, path), who in TABLE.items():
        allowed = {
            ALL: True,
            OWN: True,
            PRACTICE: role is not Role.PROVIDER,
            ADMIN: role is Role.ADMIN,
            ADMIN_OF_OWN: role is Role.ADMIN,
            OWN_OR_ADMIN: role is not Role.REVIEWER,
        }[who]
        status = ask(desk, method, path, own, role=role)
        if (status != 403) is not allowed or (status >= 500 and status != 502):
            wrong.append((method, path, status))
    assert wrong == []


def test_another_providers_things(desk: Desk) -> None:
    """They look exactly as if there were none, whatever is asked: 404, in the same words."""
    desk.office.edit(desk.office.other, moved())
    foreign = things(desk, desk.office.other)
    missing = {**foreign, **{name: f"{value.partition('-')[0]}-nothere000" for name, value in foreign.items()}}
    of_one_thing = {OWN, OWN_OR_ADMIN, ADMIN_OF_OWN}
    for (method, path), who in TABLE.items():
        if who in of_one_thing:
            statuses = [ask(desk, method, path, known, role=Role.PROVIDER) for known in (foreign, missing)]
            assert statuses == [404, 404], (method, path)
    for path, name in (("/drifts", "drift_id"), ("/claims", "claim"), ("/calendars", "calendar_id")):
        words = [
            desk.ask("GET", f"{path}/{known[name]}", role=Role.PROVIDER).document["detail"].replace(known[name], "ID")
            for known in (foreign, missing)
        ]
        assert words[0] == words[1]


def test_lists_of_a_provider(desk: Desk) -> None:
    """They hold own things alone, and asking for another's says that there is nobody."""
    desk.office.edit(desk.office.other, moved())
    lee, other = desk.office.lee, desk.office.other
    for path in ("/appointments", "/drifts", "/claims", "/calendars", "/messages", "/providers"):
        [rows] = [value for name, value in desk.ask("GET", path, role=Role.PROVIDER).document.items() if name != "next"]
        assert not [one for one in rows if {lee.id, other.id}.intersection(map(str, one.values()))], path
        if path not in {"/messages", "/providers"}:
            assert desk.ask("GET", f"{path}?provider={lee.email}", role=Role.PROVIDER).status == 404


def test_nobody(desk: Desk) -> None:
    """Without a token, and with one that is none, nothing is done and nothing is shown."""
    desk.office.edit(desk.office.one, moved())
    own = things(desk, desk.office.one)
    assert {ask(desk, *one, own, token="") for one in TABLE} == {401}
    assert desk.ask("GET", "/drifts", token="syncd_wrong").status == 401


@pytest.mark.parametrize(
    ("scope", "opens"),
    [
        (TokenScope.READ, {"GET /drifts", "GET /claims/x"}),
        (TokenScope.CLAIMS, {"GET /claims/x", "POST /claims/x/file"}),
        (TokenScope.METRICS, set()),
        (TokenScope.WRITE, {"GET /drifts", "GET /claims/x", "POST /claims/x/file", "POST /prune?dry_run=true"}),
    ],
)
def test_scopes(desk: Desk, scope: TokenScope, opens: set[str]) -> None:
    """A token opens what it is for, whatever its user may do."""
    token = desk.token(scope=scope)
    asked = {"GET /drifts": None, "GET /claims/x": None, "POST /claims/x/file": {"number": "1"}}
    for said, body in {**asked, "POST /prune?dry_run=true": {}}.items():
        method, path = said.split()
        assert (desk.ask(method, path, body, token=token).status != 403) is (said in opens), said


NOT_BY_API = {
    "init": "sets the machine up before anybody can sign in",
    "run": "is the process itself",
    "worker": "is a process",
    "web": "is a process",
    "restore": "needs syncd stopped",
    "export": "writes a file of the machine",
    "import-store": "needs an empty database",
    "key": "is a file of the machine that no network may reach",
    "mail": "takes whole mails from a mail server on the machine",
    "manual": "is about the command line",
    "completion": "is about the command line",
    "demo": "plays on sample data",
}
BY_API = {
    "check": "/check",
    "status": "/status",
    "config": "/settings",
    "provider": "/providers",
    "client": "/clients",
    "calendar": "/calendars",
    "appointment": "/appointments",
    "reconcile": "/reconcile",
    "drift": "/drifts",
    "claim": "/claims",
    "alerts": "/alerts",
    "report": "/reports/drift",
    "audit": "/audit",
    "message": "/messages",
    "link": "/appointments/{appointment_id}/revoke-links",
    "workers": "/workers",
    "import": "/imports/{what}",
    "feed": "/providers/{ref}/feed",
    "user": "/users",
    "token": "/tokens",
    "backup": "/backups",
    "prune": "/prune",
}


def test_every_command_has_its_operations() -> None:
    """A command that comes to the command line comes to the API too, or somebody says why not."""
    assert set(COMMANDS) - set(NOT_BY_API) == set(BY_API)
    assert set(BY_API.values()) <= {path for _, path in TABLE}
