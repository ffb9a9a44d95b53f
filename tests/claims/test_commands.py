"""The commands about claims, the report and the audit trail, as a person and a script meet them."""

import csv
import io
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from syncd.adapters.db import open_store
from syncd.core.scheduling.appointments import Appointment
from tests.builders import NEW_YORK, a_client, a_provider, an_appointment
from tests.claims.builders import a_drift, a_reverted
from tests.claims.x12 import a_claim, an_837
from tests.entrypoints.command import Shell

NOON_YESTERDAY = (datetime.now(NEW_YORK) - timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
YESTERDAY = NOON_YESTERDAY.date().isoformat()
BEFORE = (NOON_YESTERDAY - timedelta(days=1)).date().isoformat()


@pytest.fixture
def office(shell: Shell) -> Shell:
    """A practice without calendars; its one session, ``apt-1``, was yesterday and its event had been edited."""
    shell.json("init")
    one = an_appointment(id="apt-1", start=NOON_YESTERDAY)
    store = open_store(f"sqlite:///{shell.folder / 'var' / 'syncd.db'}")
    with store.transaction() as tx:
        tx.providers.add(a_provider(id="prv-1", email="dana@example.com"))
        tx.clients.add(a_client(id="cli-1", name="Secret Client", email="robin@example.org"))
        tx.appointments.add([one])
        tx.drifts.add(a_reverted(id="drift-1", **_times(one)))
    store.close()
    return shell


def _times(one: Appointment) -> dict[str, Any]:
    start = one.start.astimezone(UTC)
    return {"detected_at": start - timedelta(hours=2), "resolved_at": start + timedelta(hours=1)}


def released(office: Shell) -> dict[str, Any]:
    office.json("claim", "attest", "apt-1", "--date", YESTERDAY, "--by", "provider")
    result: dict[str, Any] = office.json("claim", "release", "apt-1")
    return result


def table(office: Shell, *rows: str) -> str:
    path = office.folder / "billing.csv"
    path.write_text("\n".join(["appointment,date_of_service", *rows]))
    return str(path)


def test_lists_of_claims(office: Shell) -> None:
    """Every claim with the interface contract's keys, or those of a status."""
    (claim,) = office.json("claim", "list")["claims"]
    assert {"id", "appointment", "date_of_service", "status", "holds"} <= claim.keys()
    assert (claim["appointment"], claim["date_of_service"], claim["status"]) == ("apt-1", YESTERDAY, "held")
    assert {hold["code"] for hold in claim["holds"]} == {"unexplained_edit", "not_observed"}
    assert all(hold["message"] and hold["since"] and hold["lifted_by"] for hold in claim["holds"])
    assert office.json("claim", "list", "--status", "clear")["claims"] == []


def test_a_claim(office: Shell) -> None:
    """Is found by its own id and by its appointment's; a person is told what lifts its holds."""
    by_appointment = office.json("claim", "show", "apt-1")
    assert office.json("claim", "show", by_appointment["id"]) == by_appointment
    assert "syncd claim attest" in office.run("claim", "show", "apt-1").out
    assert office.refused("claim", "show", "apt-none")["code"] == "not_found"


def test_an_appointment_with_its_edits(office: Shell) -> None:
    """Shows what was edited in the calendar, and what became of it, beside what the practice did."""
    assert [drift["id"] for drift in office.json("appointment", "show", "apt-1")["drifts"]] == ["drift-1"]
    shown = office.run("appointment", "show", "apt-1").out
    assert "(reverted, drift-1)" in shown
    assert "→" in shown


def test_what_somebody_should_act_on(office: Shell) -> None:
    """An open drift is an alert with its remedy, and `status` counts it; one that was settled is none."""
    before = office.json("alerts", "list")["alerts"]
    assert "drift_open" not in {alert["code"] for alert in before}
    store = open_store(f"sqlite:///{office.folder / 'var' / 'syncd.db'}")
    with store.transaction() as tx:
        tx.drifts.add(a_drift(id="drift-2"))
    store.close()
    alert, *others = office.json("alerts", "list")["alerts"]
    assert others == before
    assert {"code", "subject", "since", "cause", "remedy"} <= alert.keys()
    assert (alert["code"], alert["subject"]) == ("drift_open", "drift-2")
    assert office.json("status")["alerts"] == 1 + len(before)
    assert "syncd drift show drift-2" in office.run("alerts", "list").out


def test_releasing_what_is_held(office: Shell) -> None:
    """Is refused with the claim and its holds."""
    outcome = office.run("claim", "release", "apt-1", "--json")
    assert outcome.code == 1
    assert (outcome.document["status"], outcome.error["code"]) == ("held", "claim_held")
    assert [hold["code"] for hold in outcome.document["holds"]] == ["unexplained_edit"]


def test_attesting_and_releasing(office: Shell) -> None:
    """Makes a claim clear; what was attested is shown with it."""
    assert released(office)["status"] == "clear"
    (word,) = office.json("claim", "show", "apt-1")["attestations"]
    assert (word["date_of_service"], word["by"]) == (YESTERDAY, "provider")


def test_attesting_another_date(office: Shell) -> None:
    """Reschedules the appointment."""
    claim = office.json("claim", "attest", "apt-1", "--date", BEFORE, "--by", "dana@example.com", "--note", "by phone")
    assert claim["date_of_service"] == BEFORE
    assert office.json("appointment", "show", "apt-1")["date_of_service"] == BEFORE


@pytest.mark.parametrize(
    "arguments",
    [
        ("apt-1", "--date", "soon", "--by", "admin"),
        ("apt-1", "--date", YESTERDAY),
        ("apt-1", "--by", "admin"),
        ("apt-1", "--by", "admin", "--date", YESTERDAY, "--as-planned"),
        ("apt-1", "--drift", "drift-1", "--by", "admin", "--as-planned"),
        ("--by", "admin", "--as-planned"),
        ("--provider", "prv-1", "--by", "admin", "--as-planned"),
    ],
)
def test_attesting_wrongly(office: Shell, arguments: tuple[str, ...]) -> None:
    """Is a usage error that says what to give."""
    office.refused("claim", "attest", *arguments, code=2)


@pytest.mark.parametrize(
    "which",
    [("apt-1",), ("--drift", "drift-1"), ("--provider", "dana@example.com", "--from", BEFORE, "--until", YESTERDAY)],
)
def test_attesting_as_planned(office: Shell, which: tuple[str, ...]) -> None:
    """One session, all of a drift, or all of a range that wait for it: each on its own date."""
    claim = office.json("claim", "attest", *which, "--as-planned", "--by", "provider", "--note", "by phone")
    assert (claim["appointment"], claim["date_of_service"]) == ("apt-1", YESTERDAY)
    assert [hold["code"] for hold in claim["holds"]] == ["not_observed"]
    assert office.json("claim", "release", "apt-1")["status"] == "clear"


def test_attesting_what_is_refused(office: Shell) -> None:
    """Exits 1 and says which, and why."""
    outcome = office.run("claim", "attest", "--drift", "drift-1", "--as-planned", "--by", "cli-1", "--json")
    assert outcome.code == 1
    assert [one["appointment"] for one in outcome.document["refused"]] == ["apt-1"]


def test_filing(office: Shell) -> None:
    """Is refused while something holds the claim, and freezes the appointment then."""
    assert office.refused("claim", "file", "apt-1", "--number", "A-1")["code"] == "claim_held"
    released(office)
    filed = office.json("claim", "file", "apt-1", "--number", "A-1")
    assert (filed["status"], filed["number"]) == ("filed", "A-1")
    cancelled = office.refused("appointment", "cancel", "apt-1", "--reason", "provider_ill")
    assert "corrected claim is needed" in cancelled["message"]


def test_checking_what_billing_sends(office: Shell) -> None:
    """Exits 3 unless every line agrees, tells each line, and leaves the file as it is."""
    path = Path(table(office, f"apt-1,{YESTERDAY}", "apt-2,2026-01-01"))
    before = path.read_bytes()
    held = office.run("claim", "verify", str(path), "--json")
    assert held.code == 3
    assert [line["verdict"] for line in held.document["lines"]] == ["held", "unknown"]
    assert held.document["counts"]["held"] == 1
    claim = released(office)
    path.write_text(an_837(a_claim(claim["id"], f"D8*{YESTERDAY.replace('-', '')}")))
    assert office.json("claim", "verify", str(path))["ok"] is True
    assert office.run("claim", "verify", str(path)).code == 0
    path.write_bytes(before)
    assert office.run("claim", "verify", str(path)).code == 3
    assert path.read_bytes() == before


def test_checking_a_file_that_cannot_be_read(office: Shell) -> None:
    """Is refused, and so is one that is not there."""
    office.refused("claim", "verify", "no-such-file", code=2)
    path = office.folder / "other.csv"
    path.write_text("name,amount\nx,1\n")
    assert office.refused("claim", "verify", str(path))["code"] == "unreadable_file"


def test_the_report(office: Shell) -> None:
    """Is written as page, table or data, of the last thirty days or of a period that was given."""
    assert office.run("report", "drift").out.startswith("<!DOCTYPE html>")
    rows = list(csv.DictReader(io.StringIO(office.run("report", "drift", "--format", "csv").out, newline="")))
    assert [row["id"] for row in rows] == ["drift-1"]
    assert office.json("report", "drift")["totals"]["drifts"] == 1
    assert office.run("report", "drift", "--format", "json").document["totals"]["drifts"] == 1
    assert office.json("report", "drift", "--since", "2020-01-01", "--until", "2020-02-01")["totals"]["drifts"] == 0
    office.refused("report", "drift", "--since", "2030-01-01", code=2)


def test_the_audit_trail(office: Shell) -> None:
    """Lists what was done by subject, actor and action, the latest of it."""
    released(office)
    claim = office.json("claim", "show", "apt-1")["id"]
    records = office.json("audit", "list", "--subject", claim)["records"]
    assert [record["action"] for record in records] == ["claim.settled", "claim.settled", "claim.attested"]
    assert office.json("audit", "list", "--action", "claim")["records"] == records
    assert office.json("audit", "list", "--action", "claim", "--limit", "1")["records"] == records[:1]
    assert office.json("audit", "list", "--actor", "nobody")["records"] == []
    assert office.json("audit", "list", "--until", "2020-01-01")["records"] == []


TAMPERINGS = {
    "edited": "UPDATE audit SET actor = 'somebody' WHERE number = 2",
    "deleted": "DELETE FROM audit WHERE number = 2",
    "swapped": """
        UPDATE audit SET number = 99 WHERE number = 1;
        UPDATE audit SET number = 1 WHERE number = 2;
        UPDATE audit SET number = 2 WHERE number = 99;
    """,
}


@pytest.mark.parametrize("tampering", TAMPERINGS.values(), ids=TAMPERINGS)
def test_an_audit_trail_that_was_tampered_with(office: Shell, tampering: str) -> None:
    """An edit, a deletion and a swap are each found, and the check exits 1."""
    released(office)
    office.json("claim", "file", "apt-1", "--number", "A-1")
    whole = office.json("audit", "verify")
    assert (whole["ok"], whole["faults"]) == (True, [])
    assert office.json("audit", "verify", "--head", whole["head"])["ok"] is True
    database = sqlite3.connect(office.folder / "var" / "syncd.db")
    database.executescript(f"DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete; {tampering}")
    database.close()
    outcome = office.run("audit", "verify", "--json")
    assert outcome.code == 1
    assert outcome.document["faults"]
    assert "NOT whole" in office.run("audit", "verify").out


def test_an_audit_trail_that_was_written_anew(office: Shell) -> None:
    """Is whole in itself, and lacks the head that was noted before."""
    released(office)
    outcome = office.run("audit", "verify", "--head", f"1:{'0' * 64}", "--json")
    assert outcome.code == 1
    assert (outcome.document["faults"], outcome.document["expected_head_found"]) == ([], False)
    office.refused("audit", "verify", "--head", "what", code=2)
