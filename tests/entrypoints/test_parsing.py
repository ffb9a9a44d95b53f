"""Times, dates and addresses at the ends of what there is."""

import pytest

from tests.entrypoints.command import Shell

FAR = ["0001-01-01", "9999-12-31", "1969-12-31", "2200-01-01"]


@pytest.mark.parametrize("day", FAR)
def test_a_day_that_no_session_is_on(shell: Shell, day: str) -> None:
    """It is refused in words, with what there can be."""
    shell.json("init")
    for arguments in (
        ("claim", "attest", "clm-1", "--date", day, "--by", "admin"),
        ("appointment", "reschedule", "apt-1", "--start", f"{day}T10:00"),
    ):
        assert "between 1970 and 2199" in shell.refused(*arguments, code=2)["message"]


@pytest.mark.parametrize("day", FAR)
def test_a_list_from_the_beginning_of_time(shell: Shell, day: str) -> None:
    """For a list such a bound means: whenever."""
    shell.json("init")
    assert shell.json("drift", "list", "--since", day) == {"drifts": []}
    assert shell.json("appointment", "list", "--from", f"{day}T00:00+14:00", "--to", day) == {"appointments": []}


@pytest.mark.parametrize(
    "url", ["http://[bad", "https://", "https://host:port/", "https://host:99999/", "ftp://x.y", "a b"]
)
def test_an_address_that_is_none(shell: Shell, url: str) -> None:
    """What no browser opens is refused."""
    shell.json("init")
    person = ("--name", "A", "--email", "a@example.com", "--timezone", "UTC")
    assert shell.refused("provider", "add", *person, "--booking-url", url)["code"] == "invalid_value"


@pytest.mark.parametrize("text", ["a\x1b[2Jb", "a\x9bb", "a\udcffb", "a\x00b", "a\u2028b"])
def test_a_text_with_control_characters(shell: Shell, text: str) -> None:
    """No such text is kept, so none reaches a terminal, a calendar or a mail."""
    shell.json("init")
    person = ("--name", "A", "--email", "a@example.com", "--timezone", "UTC")
    shell.json("provider", "add", *person)
    outcome = shell.run("drift", "dismiss", "drift-1", "--note", text)
    assert outcome.code == 2
    assert "control character" in outcome.err
    assert text[1] not in outcome.err
