"""What is set for one calendar: as the service takes it, with what speaks against it and what would come of it."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from syncd.bootstrap import System
from syncd.core.errors import InvalidValueError, RefusalError
from syncd.core.sync.calendars import Calendar, CalendarMode, Privacy
from syncd.entrypoints.web.api.shapes.calendars import CalendarChanges
from syncd.ports.remote.values import Account
from syncd.presentation.documents.plans import round_document
from syncd.services.reporting.doctor import check_reader
from syncd.services.sync.calendars import Wishes, as_wished
from syncd.services.sync.rounds import preview_as


def wishes_of(changes: CalendarChanges) -> Wishes:
    """Return what is to be set; what was given as null is to be as usual."""
    wishes: Wishes = {}
    said = changes.model_fields_set
    if "mode" in said:
        wishes["mode"] = changes.mode
    if "privacy" in said:
        wishes["privacy"] = Privacy(changes.privacy) if changes.privacy else None
    if "objective" in said:
        wishes["objective"] = timedelta(minutes=changes.objective) if changes.objective else None
    return wishes


def check_wishes(system: System, calendar: Calendar, changes: CalendarChanges, *, dry_run: bool) -> None:
    """Refuse what says only half; before a calendar is locked, try that the provider's login can only read."""
    reader = changes.reader if "reader" in changes.model_fields_set else None
    locks = "mode" in changes.model_fields_set and changes.mode is CalendarMode.LOCKED
    if locks is (reader is None):
        raise InvalidValueError("Locking takes a reader: the provider's own login, so that it can be tried.")
    if reader is None or dry_run:
        return
    if reader == calendar.username:
        raise RefusalError(f"{reader!r} is the login by which syncd writes there. Give the provider's own.")
    url = changes.reader_url or calendar.url
    is_inside = calendar.inside and url == calendar.url
    account = Account(url, reader, changes.reader_password or "", plain_http=calendar.plain_http, inside=is_inside)
    check_reader(system.servers, account)


def preview_of(
    system: System, before: Calendar, wishes: Wishes, now: datetime, *, dry_run: bool
) -> dict[str, Any] | None:
    """Return what a cycle would do with what is wished, where that is asked for or is about to be written."""
    after = as_wished(before, wishes)
    if not dry_run and (before.mode.writes or not after.mode.writes):
        return None
    done = preview_as(system.reconciler, before.id, now, partial(as_wished, wishes=wishes))
    return round_document(done) | {"left": []}
