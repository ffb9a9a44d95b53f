"""How the API answers: versions, parts of lists, problem details, methods, what may be sent and how often."""

from datetime import timedelta
from typing import Any

import pytest

from syncd.core.access.principal import Role
from syncd.entrypoints.web.api import practice
from tests.api.desk import PREFIX, Desk
from tests.web.browser import Browser
from tests.web.office import moved


def test_versions(desk: Desk) -> None:
    """What was looked at may be changed; a stale version is 412, none at all is 428, and * is whichever it is."""
    path = f"/appointments/{desk.office.one.id}"
    seen = desk.ask("GET", path)
    tag = seen.headers["ETag"]
    assert tag == f'"{seen.document["version"]}"'
    missing = desk.ask("PATCH", path, {"location": "Room 3"})
    assert (missing.status, missing.code) == (428, "precondition_required")
    changed = desk.ask("PATCH", path, {"location": "Room 3"}, If_Match=tag)
    assert (changed.status, changed.document["location"]) == (200, "Room 3")
    assert changed.headers["ETag"] == f'"{seen.document["version"] + 1}"'
    stale = desk.ask("PATCH", path, {"location": "Room 4"}, If_Match=tag)
    assert (stale.status, stale.code, stale.document["details"]["version"]) == (
        412,
        "conflict",
        seen.document["version"] + 1,
    )
    assert desk.ask("PATCH", path, {"location": "Room 5"}, If_Match="*").status == 200
    assert desk.ask("POST", f"{path}/cancel", {"reason": "provider_ill"}, If_Match=tag).status == 412


def test_versions_of_a_calendar(desk: Desk) -> None:
    """A calendar's version is raised by what a person changes, and a dry run changes nothing."""
    path = f"/calendars/{desk.office.calendar(desk.office.dana).id}"
    tag = desk.ask("GET", path).headers["ETag"]
    tried = desk.ask("PATCH", f"{path}?dry_run=true", {"mode": "report_only"}, If_Match=tag)
    assert (tried.document["mode"], tried.document["dry_run"]) == ("report_only", True)
    assert desk.ask("GET", path).document["mode"] == "normal"
    done = desk.ask("PATCH", path, {"mode": "report_only"}, If_Match=tag)
    assert (done.status, done.document["mode"]) == (200, "report_only")
    assert desk.ask("PATCH", path, {"privacy": "busy"}, If_Match=tag).status == 412
    assert desk.ask("PATCH", path, {"privacy": "busy"}, If_Match=done.headers["ETag"]).status == 200


def test_parts_of_a_list(desk: Desk) -> None:
    """Going on after ``next`` gives every entry once, in order; a cursor that is none is refused."""
    for hour in range(5):
        desk.office.book(desk.office.dana, desk.office.at + timedelta(days=1, hours=hour))
    whole = desk.ask("GET", "/appointments").document
    assert whole["next"] is None
    rows, after = [], ""
    while True:
        part = desk.ask("GET", f"/appointments?limit=2{after}").document
        assert len(part["appointments"]) <= 2
        rows += part["appointments"]
        if part["next"] is None:
            break
        after = f"&after={part['next']}"
    assert rows == whole["appointments"]
    assert len(rows) == 7
    assert desk.ask("GET", "/appointments?after=nowhere").code == "invalid_value"


def test_filters(desk: Desk) -> None:
    """They leave out what does not fit; one that is misspelt is refused and not passed over."""
    desk.office.edit(desk.office.one, moved())
    dana = desk.office.dana

    def ids(path: str) -> list[str]:
        [rows] = [value for name, value in desk.ask("GET", path).document.items() if name != "next"]
        return [one["id"] for one in rows]

    assert ids(f"/appointments?provider={dana.email}") == [desk.office.one.id]
    assert ids(f"/appointments?from={(desk.office.at + timedelta(days=1)).date()}") == []
    assert ids("/drifts?status=open&kind=moved&severity=claim_date") == [desk.office.drift(desk.office.one).id]
    assert ids("/drifts?status=reverted") == []
    assert ids("/claims?status=filed") == []
    assert len(ids("/calendars?search=Lee")) == 1
    refused = desk.ask("GET", "/drifts?statsu=open")
    assert (refused.status, refused.code) == (422, "invalid")


def problem(answer: Any) -> dict[str, Any]:
    """Every error says what it is, in the same shape."""
    document: dict[str, Any] = answer.document
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert document["status"] == answer.status
    assert {"type", "title", "status", "detail", "code"} <= set(document)
    return document


def test_every_error_is_a_problem(desk: Desk) -> None:
    """What is not there, not allowed, not readable, too much or refused: problem details, with the command's codes."""
    assert problem(desk.ask("GET", "/nowhere"))["code"] == "not_found"
    assert problem(desk.ask("GET", "/drifts/drift-nothere000"))["code"] == "not_found"
    assert problem(desk.ask("DELETE", "/drifts"))["status"] == 405
    assert problem(desk.ask("POST", "/clients", b"x" * 300_000))["code"] == "too_large"
    assert problem(desk.ask("POST", "/clients", b"{"))["code"] == "invalid"
    assert problem(desk.ask("POST", "/clients", {"name": "x\ny\x00", "email": "a@example.org"}))["status"] == 422
    assert problem(desk.ask("POST", "/clients", b'{"name": "\\ud800", "email": "a@example.org"}'))["status"] == 422
    assert problem(desk.ask("GET", "/drifts", token=""))["code"] == "token_refused"
    assert problem(desk.ask("GET", "/status", role=Role.PROVIDER))["code"] == "not_permitted"
    office = desk.office
    wanted = {"provider": office.dana.id, "client": office.robin.id, "start": office.at.isoformat(), "minutes": 50}
    assert problem(desk.ask("POST", "/appointments", wanted))["code"] == "overlap"
    zone = problem(desk.ask("POST", "/appointments", wanted | {"timezone": "Mars/Base"}))
    assert (zone["code"], zone["status"]) == ("unknown_timezone", 422)
    past = problem(desk.ask("POST", "/appointments", wanted | {"start": "2020-01-01T10:00"}))
    assert (past["code"], past["status"]) == ("past_start", 409)
    held = problem(desk.ask("POST", f"/claims/{office.one.id}/file", {"number": "1"}))
    assert (held["code"], held["details"]["holds"][0]["code"]) == ("claim_held", "not_over")


def test_faults_of_ours(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unforeseen fault shows a number that stands in the log; one of the database says to come again."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(practice, "status", broken)
    fault = problem(desk.ask("GET", "/status"))
    assert (fault["code"], len(fault["details"]["number"])) == ("unexpected", 8)
    assert "ZeroDivision" not in fault["detail"]


def test_methods(desk: Desk) -> None:
    """HEAD is GET without a body, OPTIONS says what an address takes, and so does the refusal of anything else."""
    path = f"/appointments/{desk.office.one.id}"
    head, get = desk.ask("HEAD", path), desk.ask("GET", path)
    assert (head.status, head.body, head.headers["ETag"]) == (200, b"", get.headers["ETag"])
    assert head.headers["Content-Length"] == get.headers["Content-Length"]
    options = desk.ask("OPTIONS", path, token="")
    assert (options.status, options.headers["Allow"]) == (204, "GET, HEAD, OPTIONS, PATCH")
    assert desk.ask("DELETE", path).headers["Allow"] == "GET, HEAD, OPTIONS, PATCH"
    assert desk.ask("HEAD", "/prune").status == 405


def test_too_many_wrong_tokens(desk: Desk) -> None:
    """After thirty in a minute an address has to wait, also with the right one."""
    statuses = [desk.ask("GET", "/reasons", token=f"syncd_{number}").status for number in range(70)]
    assert set(statuses) == {401, 429}
    refused = next(a for a in (desk.ask("GET", "/reasons", token="syncd_x") for _ in range(40)) if a.status == 429)
    assert (refused.code, 0 < int(refused.headers["Retry-After"]) <= 60) == ("too_many_tries", True)


def test_session_of_the_console(desk: Desk) -> None:
    """In a browser the console's cookie will do: for looking alone, and for changes with the page's own token."""
    browser = desk.office.sign_in(Browser(desk.host, desk.port), Role.ADMIN, "eve@example.com")
    assert browser.get(f"{PREFIX}/status").status == 200
    path, body = f"{PREFIX}/clients", b'{"name": "Ned New", "email": "ned@example.org"}'
    csrf = str(browser.get("/").tree.xpath("string(//input[@name='csrf']/@value)"))
    headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}
    assert browser._once("POST", path, body, headers).status == 403
    assert browser._once("POST", path, body, headers | {"X-CSRF-Token": "forged"}).status == 403
    foreign = headers | {"X-CSRF-Token": csrf, "Sec-Fetch-Site": "cross-site"}
    assert browser._once("POST", path, body, foreign).status == 403
    assert browser._once("POST", path, body, headers | {"X-CSRF-Token": csrf}).status == 201


def test_the_gate_for_billing(desk: Desk) -> None:
    """A claim says by its id, and by its appointment's, whether it may be filed, and what holds it."""
    claim = desk.ask("GET", f"/claims/{desk.office.one.id}").document
    assert (claim["status"], [hold["code"] for hold in claim["holds"]]) == ("pending", ["not_over"])
    assert desk.ask("GET", f"/claims/{claim['id']}").document == claim
    table = f"appointment,date_of_service\n{desk.office.one.id},{claim['date_of_service']}\n".encode()
    checked = desk.ask("POST", "/claims/verify", table, Content_Type="text/csv").document
    assert (checked["ok"], checked["lines"][0]["verdict"]) == (False, "held")


def test_decisions(desk: Desk) -> None:
    """An edit is put back by a word of the API, and the calendar has it at once."""
    before = desk.office.body(desk.office.one)
    drift = desk.office.edit(desk.office.one, moved())
    done = desk.ask("POST", f"/drifts/{drift.id}/revert", {"note": "A slip."})
    assert (done.document["status"], done.document["note"]) == ("reverted", "A slip.")
    times = [line for line in before.split("\r\n") if line.startswith("DTSTART")]
    assert set(times) <= set(desk.office.body(desk.office.one).split("\r\n"))
    again = desk.ask("POST", f"/drifts/{drift.id}/revert", {})
    assert (again.status, again.code) == (409, "wrong_decision")


def test_rounds_end_in_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once its time is over a round begins no further calendar, and says which it left."""
    monkeypatch.setattr("syncd.entrypoints.web.api.calendars.LONGEST_ROUND_SECONDS", 0.0)
    done = desk.ask("POST", "/reconcile", {}).document
    assert (done["calendars"], len(done["left"]), done["errors"]) == (1, 1, [])
    one = desk.ask("POST", "/reconcile?dry_run=true", {"calendar": done["left"][0]}).document
    assert (one["calendars"], one["left"], one["dry_run"]) == (1, [], True)


def test_imports(desk: Desk) -> None:
    """A table is taken over line by line; a dry run says what would become of it and changes nothing."""
    table = b"external_id,name,email\nx1,Ned New,ned@example.org\nx2,,nobody\n"
    tried = desk.ask("POST", "/imports/clients?dry_run=true", table, Content_Type="text/csv").document
    assert (tried["created"], tried["refused"]) == (1, 1)
    assert desk.ask("GET", "/clients/ned@example.org").status == 404
    assert desk.ask("POST", "/imports/clients", table, Content_Type="text/csv").document["created"] == 1
    assert desk.ask("GET", "/clients/ned@example.org").status == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "[::1]", "169.254.169.254", "localhost"])
def test_private_networks(desk: Desk, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """An address that somebody sends is not opened where it leads into the practice's own network."""
    for made in ("servers", "new_servers"):  # real ones
        monkeypatch.delitem(desk.office.system.__dict__, made)
    account = {"provider": desk.office.dana.id, "url": f"https://{host}/dav/", "username": "x", "password": "x"}
    refused = problem(desk.ask("POST", "/calendars", account))
    assert (refused["status"], refused["code"]) == (422, "forbidden_address")
