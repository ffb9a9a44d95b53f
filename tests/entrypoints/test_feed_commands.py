"""Commands about feeds, as a script runs them."""

import pytest

from tests.entrypoints.command import Shell


@pytest.fixture
def office(shell: Shell) -> Shell:
    shell.json("init")
    shell.json("provider", "add", "--name", "Dana", "--email", "dana@example.com", "--timezone", "America/New_York")
    return shell


def test_an_address(office: Shell) -> None:
    """It is the same each time it is shown, another one after it was rotated, and none after it was revoked."""
    whose = ["--provider", "dana@example.com"]
    first = office.json("feed", "show", *whose)
    assert first["url"].startswith("http://127.0.0.1:8470/feeds/")
    assert first["url"].endswith(".ics")
    assert office.json("feed", "show", *whose)["url"] == first["url"]
    second = office.json("feed", "rotate", *whose)
    assert second["url"] not in {first["url"], None}
    assert office.json("feed", "revoke", *whose)["url"] is None
    refusal = office.refused("feed", "show", *whose)
    assert (refusal["code"], "syncd feed rotate" in refusal["message"]) == ("feed_revoked", True)


def test_for_a_person(office: Shell) -> None:
    """What is printed says to keep it like a password, and that it is reached on this machine only."""
    told = office.run("feed", "show", "--provider", "dana@example.com").out
    assert "Keep it like a password" in told
    assert "web.base_url" in told
