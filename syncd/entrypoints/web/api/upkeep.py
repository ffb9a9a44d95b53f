"""Backups, letting go of what is over, taking over from another system, and webhooks."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from fastapi import Body, Query
from fastapi.responses import Response
from pydantic import Field

from syncd.core.access.permissions import Permission
from syncd.core.scheduling.importing import Imported, Record, read_records
from syncd.core.scheduling.people import Party
from syncd.core.tables import text_of
from syncd.entrypoints.web.api.answering import DryRun, shown
from syncd.entrypoints.web.api.caller import Caller, Reader, Writer
from syncd.entrypoints.web.api.route import router
from syncd.entrypoints.web.api.shapes import practice as shapes
from syncd.entrypoints.web.api.values import Flag, Given, Whole
from syncd.ics.imports import read_calendar
from syncd.presentation.documents.backups import backup_document
from syncd.presentation.documents.hooks import delivery_document
from syncd.services.importing.appointments import AppointmentTaker
from syncd.services.importing.lines import Take, note_import, take_over
from syncd.services.importing.people import PersonTaker
from syncd.services.upkeep.backups import back_up, forget_old
from syncd.services.upkeep.backups import shown as shown_files
from syncd.services.upkeep.pruning import prunable, prune
from syncd.settings.values import revealed

routes = router("upkeep")
_VERDICTS = ("created", "changed", "unchanged", "refused")
_CALENDAR = b"BEGIN:VCALENDAR"
Kind = Literal["providers", "clients", "appointments"]


class Importing(Given):
    """How a file is taken over."""

    dry_run: Annotated[Flag, Field(description="Say what would become of each line, and change nothing.")] = False
    provider: Annotated[str | None, Field(max_length=320, description="whose, where a calendar does not say")] = None
    tell: Annotated[Flag, Field(description="Write to clients and providers, as for any booking.")] = False


class Newest(Given):
    """Which deliveries."""

    webhook: Annotated[str | None, Field(max_length=60, description="only to this one")] = None
    limit: Annotated[Whole, Field(ge=1, le=100)] = 50


@routes.post("/imports/{kind}", response_model=shapes.Import)
def import_file(
    caller: Writer,
    kind: Kind,
    asked: Annotated[Importing, Query()],
    content: Annotated[
        bytes, Body(media_type="text/plain", description="a CSV table; for appointments a calendar (ICS) too")
    ] = b"",
) -> Response:
    """Take over providers, clients or appointments from another system, as often as you like."""
    caller.require(Permission.MANAGE_PEOPLE)
    what = Imported(kind.removesuffix("s"))
    records, ignored = _read(content, what)
    lines = list(take_over(caller.system.store, records, _taker(caller, what, asked), dry_run=asked.dry_run))
    counts = Counter(str(one.verdict) for one in lines)
    if not asked.dry_run:
        note_import(caller.system.store, what, counts, caller.principal, caller.now)
    document: dict[str, Any] = {verdict: counts[verdict] for verdict in _VERDICTS}
    document |= {"dry_run": asked.dry_run, "ignored_columns": list(ignored)}
    document["lines"] = [
        {"line": one.line, "verdict": str(one.verdict), "message": one.message, "id": one.subject} for one in lines
    ]
    return shown(document)


@routes.post("/backups", response_model=shapes.Backup, status_code=201)
def make_backup(caller: Writer) -> Response:
    """Write a consistent copy of the database into the server's own folder, and delete the oldest beyond its limit.

    The key that seals passwords is not in it.
    """
    caller.require(Permission.MANAGE_SYSTEM)
    system = caller.system
    section, backups = system.settings.backup, system.backups
    made = back_up(system.store, backups, section.folder, system.key_name, caller.principal, caller.now)
    gone = forget_old(section.folder, backups.suffix, section.keep)
    return shown(backup_document(made) | {"deleted": shown_files(gone)}, 201)


@routes.post("/prune", response_model=shapes.Pruned)
def prune_store(caller: Writer, dry_run: DryRun = False) -> Response:
    """Let go of what is over, as the settings say; the daemon does it once a day."""
    act = prunable if dry_run else prune
    found = act(caller.system.store, caller.system.retention, caller.principal, caller.now)
    return shown({"dry_run": dry_run, "pruned": {str(litter): number for litter, number in found.items()}})


@routes.get("/webhooks", response_model=shapes.Hooks)
def list_webhooks(caller: Reader, asked: Annotated[Newest, Query()]) -> Response:
    """List the programs that the settings name, and the newest events on their way to them."""
    caller.require(Permission.READ_PRACTICE)
    hooks = [
        {"name": one.name, "host": urlsplit(revealed(one.url)).netloc, "events": list(one.events)}
        for one in caller.system.settings.webhooks.to
    ]
    with caller.system.store.reading() as tx:
        deliveries = [delivery_document(one) for one in tx.hooks.latest(asked.webhook, asked.limit)]
    return shown({"webhooks": hooks, "deliveries": deliveries})


def _read(content: bytes, what: Imported) -> tuple[Sequence[Record], Sequence[str]]:
    is_calendar = content.lstrip(b"\xef\xbb\xbf \r\n").upper().startswith(_CALENDAR)
    if what is Imported.APPOINTMENT and is_calendar:
        return read_calendar(content), ()
    found = read_records(text_of(content), what)
    return found.records, found.ignored


def _taker(caller: Caller, what: Imported, asked: Importing) -> Take:
    if what is Imported.APPOINTMENT:
        return AppointmentTaker(terms=caller.terms(Party.ADMIN), tells=asked.tell, provider=asked.provider)
    return PersonTaker(what, caller.principal, caller.now)
