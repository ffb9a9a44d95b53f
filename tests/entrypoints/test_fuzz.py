"""No input ends in `internal`: commands with random nasty arguments, settings with random values."""

import json
import os
import string
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd.entrypoints.cli.app import application, run
from syncd.settings import Settings
from syncd.settings.sources import settings_of

ROOT: Any = typer.main.get_command(application())

NEVER = {("run",), ("worker",), ("web",), ("demo",)}
"""Commands that do not end by themselves, or bring a server along; their arguments are read as all others' are."""

NASTY = (
    "", " ", "-", "--", "\udcff\udcfe", "a\udc80b", "\x00", "\x1b[31mred\x1b[0m", "\x9b2J", "\u202egnp.exe", "\u2028",
    "é", "İ", "ß", "👩‍👩‍👧", "a" * 5000, "NaN", "inf", "-inf", "1e999", "-1", "0",
    "99999999999999999999", "0x10", "１２",
    "0001-01-01", "0001-01-01T00:00", "0001-01-01T00:00+14:00", "9999-12-31", "9999-12-31T23:59", "2026-02-30",
    "9999-12-31T23:59-14:00", "2026-12-01T10:00", "2026-12-01T10:00+25:00", "10000-01-01T00:00", "2026-W53-7",
    "20261201T100000Z", "2026-12-01T24:00", "2026-03-29T02:30", "http://[bad", "https://", "http://:80/", "//x",
    "https://user:p@ss@host.invalid/", "https://host.invalid:99999/", "https://host.invalid:port/", "http://a b/",
    "file:///etc/passwd", "javascript:alert(1)", "https://\u212a.invalid/", "a@b", "@", "a@@b.c", "a@b..c",
    "\"a b\"@c.d",
    "a@[127.0.0.1]", "<a@b.c>", "a@b.c\r\nBcc: x@y.z", "ö@ö.example", "../../etc/passwd", ".", "/", "/dev/null",
    "America/New_York", "Mars/Olympus", "../UTC", "FREQ=WEEKLY;COUNT=10", "FREQ=WEEKLY;UNTIL=99991231T235959Z",
    "FREQ=SECONDLY", "FREQ=YEARLY;BYMONTHDAY=31;BYMONTH=2;COUNT=2", "FREQ=WEEKLY;INTERVAL=0", "RRULE:FREQ=DAILY",
    "75.00 USD", "1e3 USD", "-1 USD", "USD", "x'; DROP TABLE drifts; --", "%s%n", "{practice}", "${HOME}", "client_ill",
    "prv-1", "apt-1", "drift-1", "clm-1", "cal-1", "msg-1", "provider", "client", "admin", "open", "held", "moved",
)  # fmt: skip

texts = st.one_of(
    st.sampled_from(NASTY),
    st.text(max_size=20),
    st.text(alphabet=string.printable + "\x00\x1b\x7f\x85\x9b\ud800\udcff\u202e", max_size=12),
)


def every_command() -> list[tuple[tuple[str, ...], Any]]:
    """Return the path and the declaration of every command that ends by itself."""
    found: list[tuple[tuple[str, ...], Any]] = []
    for name in ROOT.commands:
        loaded = ROOT.load(name)
        verbs = getattr(loaded, "commands", None)
        found += [((name,), loaded)] if verbs is None else [((name, verb), one) for verb, one in verbs.items()]
    return [(path, one) for path, one in found if path not in NEVER]


COMMANDS = every_command()


@st.composite
def invocations(draw: st.DrawFn) -> list[str]:
    """Return a command with arguments for all that it must have and some of what it may have."""
    path, command = draw(st.sampled_from(COMMANDS))
    given_: list[str] = []
    for parameter in command.params:
        if parameter.name in {"help", "config", "as_json", "debug"}:
            continue
        if not (parameter.required or draw(st.booleans())):
            continue
        flag = getattr(parameter, "is_flag", False)
        name = [parameter.opts[0]] if parameter.param_type_name == "option" else []
        given_ += name if flag else [*name, draw(texts)]
    return [*path, *given_]


@contextmanager
def quietly() -> Iterator[tuple[StringIO, StringIO]]:
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        yield out, err


def code_of(out: str) -> str | None:
    document = json.loads(out)
    error = document.get("error") if isinstance(document, dict) else None
    return error["code"] if error else None


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A practice with a provider, a client and an appointment, in a folder of its own."""
    before, folder = Path.cwd(), tmp_path_factory.mktemp("fuzz")
    os.chdir(folder)
    people = "--name A --email a@example.com --timezone America/New_York"
    with quietly():
        run(["init"])
        run(["provider", "add", *people.split()])
        run(["client", "add", "--name", "B", "--email", "b@example.com"])
        booked = "--provider a@example.com --client b@example.com --start 2030-12-03T10:00 --minutes 50"
        run(["appointment", "book", *booked.split()])
    yield folder
    os.chdir(before)


CONTROL = {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))} - {"\n"}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arguments=invocations())
def test_any_arguments(practice: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    """A command does what it is asked or says in words why not: never `internal`, never a traceback."""
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(b"secret\n")))
    with quietly() as (out, err):
        code = run([*arguments, "--json"] if "--" not in arguments else ["--json", *arguments])
    assert code in {0, 1, 2, 3, 75}
    assert "Traceback" not in err.getvalue()
    text = out.getvalue()
    if text.startswith("{"):
        assert code_of(text) != "internal", text
        assert not CONTROL & set(text)
        text.encode()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arguments=invocations())
def test_any_arguments_for_a_person(practice: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    """A refusal says its sentence; nothing that a terminal might obey is printed."""
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(b"secret\n")))
    with quietly() as (out, err):
        code = run(arguments)
    shown, told = out.getvalue(), err.getvalue()
    assert not CONTROL & set(told)
    assert "unexpected went wrong" not in told
    if code == 1:
        assert told or shown
    if arguments[0] != "report":
        assert not CONTROL & set(shown)


SETTINGS = ["__".join(filter(None, setting)) for setting in settings_of(Settings)]
values = st.one_of(
    st.sampled_from([text.replace("\x00", "") for text in NASTY]),
    st.text(alphabet=st.characters(exclude_characters="\x00"), max_size=12),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    ).map(json.dumps),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(setting=st.sampled_from(SETTINGS), value=values)
def test_any_value_in_a_variable(practice: Path, setting: str, value: str) -> None:
    """A wrong value is a configuration error that names the setting, in words, and shows no secret."""
    name = f"SYNCD_{setting}".upper()
    text = value.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")
    with patch.dict(os.environ, {name: text}), quietly() as (out, err):
        code = run(["status", "--json"])
    told = code_of(out.getvalue())
    assert told in {None, "configuration", "database_unavailable"}, out.getvalue()
    if told == "configuration":
        assert code == 2
        assert name in out.getvalue()
        words = [word for word in ("Value error", "Input should", "regular", "<", "pattern") if word not in text]
        assert not any(word in out.getvalue() for word in words)  # a message may show the value itself
    assert "Traceback" not in err.getvalue()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=60)
    | st.builds(
        "[{}]\n{} = {}\n".format,
        st.sampled_from(["sync", "mail", "policy", "database", "x"]),
        st.sampled_from(["interval", "folder", "rules", "url", "y"]),
        values,
    ).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_any_settings_file(practice: Path, content: bytes) -> None:
    """Whatever stands in the file: it is read, or refused in words."""
    Path("any.toml").write_bytes(content)
    with quietly() as (out, err):
        code = run(["status", "--json", "--config", "any.toml"])
    assert code_of(out.getvalue()) in {None, "configuration", "database_unavailable"}, out.getvalue()
    assert code in {0, 1, 2}
    assert "Traceback" not in err.getvalue()
