"""The commands about messages and links, as a script calls them."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.entrypoints.command import Shell, shell

__all__ = ["shell"]


@pytest.fixture
def practice(shell: Shell) -> Shell:
    """Return a shell in which a client has an appointment with a provider, whose mail waits."""
    shell.json("init")
    shell.json("provider", "add", "--name", "Dana Doe", "--email", "dana@example.com", "--timezone", "UTC")
    shell.json("client", "add", "--name", "Robin Roe", "--email", "robin@example.org")
    people = ("--provider", "dana@example.com", "--client", "robin@example.org")
    next_week = datetime.now(UTC) + timedelta(days=7)
    shell.json("appointment", "book", *people, "--start", f"{next_week:%Y-%m-%d}T10:00", "--minutes", "50")
    return shell


def test_messages_are_listed(practice: Shell) -> None:
    """Booking tells both, with the keys of the contract."""
    messages = practice.json("message", "list")["messages"]
    assert [(m["kind"], m["recipient"], m["method"], m["sequence"], m["status"]) for m in messages] == [
        ("booked", "robin@example.org", "REQUEST", 0, "queued"),
        ("booked", "dana@example.com", "REQUEST", 0, "queued"),
    ]
    assert len({m["uid"] for m in messages}) == 1
    assert practice.json("message", "list", "--status", "failed") == {"messages": []}
    assert "queued" in practice.run("message", "list").out


def test_one_that_has_not_failed_is_retried(practice: Shell) -> None:
    """What is not put aside cannot be tried again by hand."""
    message = practice.json("message", "list")["messages"][0]["id"]
    assert practice.refused("message", "retry", message)["code"] == "wrong_state"
    assert practice.refused("message", "retry", "msg-none")["code"] == "not_found"


def test_preview(shell: Shell) -> None:
    """A preview needs no database; it has the words of the mail in both forms."""
    shown = shell.json("message", "preview", "cancelled", "--to", "client")
    assert shown["subject"].startswith("Your appointment is cancelled")
    assert "The provider is ill" in shown["text"]
    assert "<html" in shown["html"]
    assert shell.run("message", "preview", "cancelled", "--html").out.startswith("<!doctype html>")
    assert shell.json("message", "preview", "reverted")["to"] == "provider"
    shell.refused("message", "preview", "reverted", "--to", "client", code=2)


def test_preview_of_the_practices_own_template(shell: Shell) -> None:
    """A file in the practice's folder takes the place of the shipped one; what is wrong in it is named."""
    own = shell.folder / "mail" / "client"
    own.mkdir(parents=True)
    (shell.folder / "syncd.toml").write_text('[mail]\ntemplates = "mail"\n')
    (own / "booked.txt.j2").write_text("Subject: See you {{ sessions[0].after.day }}\n\nBye.\n")
    shown = shell.json("message", "preview", "booked", "--config", "syncd.toml")
    assert (shown["subject"], shown["text"]) == ("See you Wednesday, 2 December 2026", "Bye.\n")
    (own / "booked.txt.j2").write_text("{{ nonsense }}")
    error = shell.refused("message", "preview", "booked", "--config", "syncd.toml")
    assert (error["code"], error["details"]["template"]) == ("wrong_template", "client/booked.txt.j2")


def test_check_tries_the_mail(practice: Shell) -> None:
    """`check` says whether mail can leave, and how to mend it."""
    checks = {check["name"]: check for check in practice.json("check")["checks"]}
    assert checks["mail"]["ok"]
    (practice.folder / "syncd.toml").write_text('[mail]\ntransport = "smtp"\nhost = "127.0.0.1"\nport = 9\n')
    outcome = practice.run("check", "--json", "--config", "syncd.toml")
    checks = {check["name"]: check for check in outcome.document["checks"]}
    assert outcome.code == 1
    assert "127.0.0.1:9" in checks["mail"]["message"]


def test_links_are_revoked(practice: Shell) -> None:
    """A person can make all links about an appointment void."""
    appointment = practice.json("appointment", "list")["appointments"][0]["id"]
    assert practice.json("link", "revoke", appointment)["appointment"] == appointment
    assert practice.refused("link", "revoke", "apt-none")["code"] == "not_found"


@pytest.mark.parametrize("served", [False, True])
def test_links_only_where_pages_are_served(shell: Shell, served: bool) -> None:
    """Nobody is sent where nothing is, though an address is set."""
    shell.run("init")
    listen = "127.0.0.1:8470" if served else ""
    web = f'[web]\nbase_url = "https://syncd.example.com"\nlisten = "{listen}"\n'
    (shell.folder / "syncd.toml").write_text(web)
    shown = shell.json("message", "preview", "reverted", "--config", "syncd.toml")
    assert ("/edit/meant/" in shown["text"]) is ("/edit/mistake/" in shown["html"]) is served
    assert ("/visit/" in shell.json("message", "preview", "booked", "--config", "syncd.toml")["text"]) is served


def test_people_with_a_language(shell: Shell) -> None:
    """It is given as it is known, and shown in its usual spelling."""
    shell.run("init")
    client = shell.json("client", "add", "--name", "Robin", "--email", "robin@example.org", "--language", "en_us")
    assert client["language"] == "en-US"
    refused = shell.refused("client", "add", "--name", "Robin", "--email", "m\u00fcller@example.org")
    assert refused["code"] == "invalid_value"
    assert "only ASCII letters" in refused["message"]
