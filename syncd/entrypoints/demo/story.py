"""Playing the demo: publish, edit behind syncd's back, detect, put right, and prove that all agree."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from syncd.bootstrap import System, build, initialise
from syncd.core.sync.drift import Drift
from syncd.entrypoints.daemon.daemon import Generation
from syncd.entrypoints.demo.edits import EDITS, Edit
from syncd.entrypoints.demo.practice import STAFF, Booked, open_practice
from syncd.entrypoints.demo.server import App, DemoError, DemoServer
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.ports.store.sync import DriftQuery
from syncd.presentation.documents.drifts import drift_document
from syncd.presentation.documents.plans import round_document
from syncd.services.sync.rounds import Round, run_round
from syncd.settings import Settings
from syncd.settings.mail import MailSection
from syncd.settings.sections import DatabaseSection, SyncSection
from syncd.settings.security import SecuritySection

FOLDER = Path("var/demo")
_MARK = ".made-by-syncd-demo"
_PATIENCE = 60.0
_POLL_SECONDS = 3.0
"""Far below what the settings allow: nobody wants to watch a demo for five minutes."""

Tell = Callable[[str], None]


class Made(NamedTuple):
    """An edit that was made: by whom, on which publication, and the ETag that it left there."""

    edit: Edit
    who: str
    publication_id: str
    etag: str | None


class Outcome(NamedTuple):
    """What became of one edit. ``drift`` None: it was the provider's to make, and stays."""

    who: str
    words: str
    drift: Drift | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The whole story's end. ``proof`` is a further round over everything: it must have nothing to do."""

    published: int
    outcomes: tuple[Outcome, ...]
    drifts: tuple[Drift, ...]
    messages: int
    proof: Round

    def document(self) -> dict[str, Any]:
        """Return it as the interface contract's JSON."""
        return {
            "published": self.published,
            "drifts": [drift_document(drift) for drift in self.drifts],
            "reverted": sum(drift.status == "reverted" for drift in self.drifts),
            "flagged": sum(drift.status == "open" for drift in self.drifts),
            "ignored": sum(drift.status == "ignored" for drift in self.drifts),
            "messages": self.messages,
            "second_round": round_document(self.proof),
        }


@contextmanager
def demo_system(port: int | None) -> Iterator[tuple[System, DemoServer]]:
    """Start the calendar server and set up an empty practice, both in a folder of the demo's own."""
    _clear(FOLDER)
    with DemoServer(FOLDER, tuple(staff.username for staff in STAFF), port) as server:
        settings = demo_settings(FOLDER)
        initialise(settings)
        system = build(settings)
        try:
            yield system, server
        finally:
            system.close()


def demo_settings(folder: Path) -> Settings:
    """Return the defaults, with everything kept in ``folder`` and calendars looked at every few seconds."""
    return Settings.model_construct(
        **{
            **dict(Settings.model_construct()),
            "database": DatabaseSection(url=f"sqlite:///{folder / 'syncd.db'}"),
            "security": SecuritySection(key_file=folder / "secret.key", allow_private_addresses=True),
            "mail": MailSection(folder=folder / "mail"),
            "sync": SyncSection.model_construct(
                **{**dict(SyncSection()), "interval": _POLL_SECONDS, "soon_interval": _POLL_SECONDS}
            ),
        }
    )


def play(system: System, server: DemoServer, tell: Tell) -> Result:
    """Play the story with the daemon at work, and say what happens on the way."""
    now = datetime.now(UTC)
    passwords = {name: login.password for name, login in server.logins.items()}
    booked = open_practice(system, server.url, passwords, now)
    tell(f"{len(booked)} providers, {_sessions(system)} appointments. Publishing them over CalDAV ...")
    daemon = Generation(build(system.settings))
    daemon.start()
    try:
        _await(lambda: _pending(system) == 0, "publish everything")
        published = _standing(system)
        tell(f"{published} events stand in the calendars. Now the providers edit them, each in an app of their own:")
        made = [_make(system, server, booked, edit, tell) for edit in EDITS]
        tell("The daemon looks ...")
        _await(lambda: all(_drift_of(system, one) or _is_adopted(system, one) for one in made), "notice every edit")
    finally:
        daemon.stop(timeout=10)
    proof = run_round(system.reconciler, datetime.now(UTC))
    found = round_document(proof)
    tell(f"Looked once more: {sum(found[name] for name in WRITES)} writes were needed.")
    return _result(system, made, published, proof)


WRITES = ("published", "updated", "withdrawn", "reverted")


def _make(system: System, server: DemoServer, booked: Sequence[Booked], edit: Edit, tell: Tell) -> Made:
    staff = booked[edit.who].staff
    tell(f"  {staff.name} {edit.words}.")
    with system.store.reading() as tx:
        (publication,) = tx.publications.of_source(edit.appointment(booked).source)
    etag = edit.make(App(server, server.logins[staff.username]), publication.href)
    return Made(edit, staff.name, publication.id, etag)


def _drift_of(system: System, made: Made) -> Drift | None:
    with system.store.reading() as tx:
        return next(iter(tx.drifts.list(DriftQuery(publication_id=made.publication_id))), None)


def _is_adopted(system: System, made: Made) -> bool:
    with system.store.reading() as tx:
        return made.etag is not None and tx.publications.get(made.publication_id).etag == made.etag


def _result(system: System, made: Sequence[Made], published: int, proof: Round) -> Result:
    with system.store.reading() as tx:
        drifts = tuple(tx.drifts.list(DriftQuery()))
        messages = len(tx.messages.list())
    outcomes = tuple(Outcome(one.who, one.edit.words, _drift_of(system, one)) for one in made)
    return Result(published=published, outcomes=outcomes, drifts=drifts, messages=messages, proof=proof)


def _sessions(system: System) -> int:
    with system.store.reading() as tx:
        return len(tx.appointments.list(AppointmentQuery()))


def _pending(system: System) -> int:
    with system.store.reading() as tx:
        return sum(len(tx.publications.pending(calendar.id)) for calendar in tx.calendars.list())


def _standing(system: System) -> int:
    with system.store.reading() as tx:
        return sum(tx.publications.count(calendar.id) for calendar in tx.calendars.list())


def _await(is_so: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not is_so():
        if time.monotonic() > deadline:
            raise DemoError(f"The daemon did not {what} within {_PATIENCE:.0f} seconds. See {FOLDER}/radicale.log")
        time.sleep(0.1)


def _clear(folder: Path) -> None:
    """Make the folder anew; one that the demo did not make is left alone."""
    mark = folder / _MARK
    if folder.exists() and not mark.exists():
        raise DemoError(f"{folder} is there and is not the demo's. Move it away.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    mark.touch()
