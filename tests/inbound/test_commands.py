"""`syncd mail`: what a mail server pipes, and what a person sees of it."""

import io
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tests.entrypoints.command import Outcome, Shell, shell
from tests.inbound.mails import SERVER, an_answer

__all__ = ["shell"]

PAT, CHRIS = "pat@example.com", "chris@example.org"


@pytest.fixture
def practice(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A practice with one appointment, whose mail is read."""
    monkeypatch.setenv("SYNCD_MAIL__AUTHSERV_ID", SERVER)
    shell.json("init")
    shell.json("provider", "add", "--name", "Pat", "--email", PAT, "--timezone", "America/New_York")
    shell.json("client", "add", "--name", "Chris", "--email", CHRIS)
    return shell


@pytest.fixture
def booked(practice: Shell) -> dict[str, Any]:
    start = (datetime.now(UTC) + timedelta(days=60)).strftime("%Y-%m-%dT10:00")
    told = ("--provider", PAT, "--client", CHRIS, "--start", start, "--minutes", "50")
    document: dict[str, Any] = practice.json("appointment", "book", *told)
    return document


def piped(shell: Shell, monkeypatch: pytest.MonkeyPatch, raw: bytes, *options: str) -> Outcome:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    return shell.run("mail", "receive", *options)


def test_a_decline(practice: Shell, booked: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what it changed; the drift can be accepted, and the appointment is cancelled then."""
    outcome = piped(practice, monkeypatch, an_answer(booked["uid"], PAT), "--json")
    assert outcome.code == 0
    document = outcome.document
    assert {"effect": "declined", "party": "provider", "appointment": booked["id"]}.items() <= document.items()
    (drift,) = practice.json("drift", "list")["drifts"]
    assert (drift["id"], drift["kinds"], drift["calendar"]) == (document["drift"], ["declined"], None)
    (claim,) = practice.json("claim", "list")["claims"]
    assert "open_drift" in {hold["code"] for hold in claim["holds"]}
    assert practice.json("drift", "accept", drift["id"])["status"] == "accepted"
    assert practice.json("appointment", "show", booked["id"])["status"] == "cancelled"


def test_a_decline_that_the_practice_does_not_take(
    practice: Shell, booked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider is asked again."""
    document = piped(practice, monkeypatch, an_answer(booked["uid"], PAT), "--json").document
    assert practice.json("drift", "revert", document["drift"])["status"] == "reverted"
    asked = [one for one in practice.json("message", "list")["messages"] if one["kind"] == "asked_again"]
    assert [(one["recipient"], one["method"], one["sequence"]) for one in asked] == [(PAT, "REQUEST", 1)]


def test_a_forgery_is_on_record(practice: Shell, booked: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends well, so that the mail server does not send it back, and is listed with its reason."""
    assert piped(practice, monkeypatch, an_answer(booked["uid"], PAT, above="")).code == 0
    (mail,) = practice.json("mail", "list", "--quarantined")["mails"]
    assert (mail["effect"], mail["reason"], mail["sender"]) == ("quarantined", "not_authenticated", PAT)
    assert practice.json("drift", "list")["drifts"] == []
    assert "not_authenticated" in practice.run("mail", "list").out


@pytest.mark.parametrize("raw", [b"", b"\0\xff", b"From: a\r\n\r\n", b"Content-Type: multipart/mixed\n\n--x"])
def test_whatever_it_is(practice: Shell, monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    """It is on record."""
    outcome = piped(practice, monkeypatch, raw, "--json")
    assert (outcome.code, outcome.document["party"]) == (0, "unknown")


@pytest.mark.parametrize("setting", ["sqlite:////nowhere/syncd.db", "no database at all"])
def test_without_a_store(shell: Shell, monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    """The mail server is asked to try again (EX_TEMPFAIL), rather than to send it back."""
    monkeypatch.setenv("SYNCD_DATABASE__URL", setting)
    outcome = piped(shell, monkeypatch, an_answer("uid", PAT), "--json")
    assert outcome.code == 75
    assert outcome.error["code"]


def test_an_inbox_needs_a_name_to_believe(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a mailbox of which nothing is believed would be of no use; it says what is missing."""
    monkeypatch.setenv("SYNCD_INBOX__HOST", "imap.example.com")
    assert "mail.authserv_id" in shell.refused("status", code=2)["message"]
