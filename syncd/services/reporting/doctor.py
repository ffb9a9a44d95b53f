"""Look at one account and calendar, write nothing, and say in words what is there, what is wrong and how to mend it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from syncd.core.errors import DecisionError, SyncdError
from syncd.core.reporting.alerts import Alert
from syncd.core.sync.calendars import Calendar, CalendarState, Capabilities
from syncd.core.wording import counted
from syncd.ports.remote.access import CalendarServers
from syncd.ports.remote.errors import LoginRefusedError
from syncd.ports.remote.values import Account
from syncd.ports.vault import Vault
from syncd.services.reporting.check import Check
from syncd.services.sync.reconcile import CycleReport, Reconciler

_IF_CHANGED = "If its password was changed, give the new one with: syncd calendar resume {0} --password-stdin"
_WRITES = ("published", "updated", "withdrawn", "reverted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Doctor:
    """Examines calendars. All that it asks of a server only reads."""

    servers: CalendarServers
    vault: Vault
    reconciler: Reconciler

    def examine(self, calendar: Calendar, alert: Alert | None, now: datetime) -> Iterator[Check]:
        """Yield what is found about a calendar. ``alert``: what somebody is told about it already."""
        account = _account(calendar, self.vault)
        try:
            found = self.servers.discover(account, None)
        except SyncdError as error:
            remedy = _IF_CHANGED.format(calendar.id) if isinstance(error, LoginRefusedError) else ""
            yield Check("account", False, f"{error.message} {remedy}".strip())
            yield _standing(calendar, alert)
            return
        yield Check("account", True, f"The login {calendar.username!r} is let in and finds {found.name!r}: {found.url}")
        yield from _abilities(_all_seen(calendar.capabilities, found.capabilities))
        yield _standing(calendar, alert)
        if calendar.state is not CalendarState.PAUSED:
            yield _events(calendar, self.reconciler.preview(calendar.id, now, as_if=lambda one: one))


def check_reader(servers: CalendarServers, reader: Account) -> None:
    """Make sure that the provider's own login may read a calendar and not write there: only then is it locked.

    Raises `DecisionError` where it may write or the server does not say, and the `RemoteError` of a login that fails.
    """
    writable = servers.discover(reader, None).capabilities.writable
    if writable:
        raise DecisionError(
            f"The login {reader.username!r} may write in {reader.url}, so the calendar is not locked. Let it belong to "
            "an account of the practice, and give the provider the right to read alone: in the server's rights file, "
            "or by sharing it without the right to edit. Not every server can: Xandikos, for one, lets all write.",
            url=reader.url,
        )
    if writable is None:
        raise DecisionError(
            f"The server does not tell whether the login {reader.username!r} may write in {reader.url} (WebDAV's "
            "current-user-privilege-set), so that nobody can say that the calendar is locked.",
            url=reader.url,
        )


def _account(calendar: Calendar, vault: Vault) -> Account:
    secret = vault.unseal(calendar.secret)
    return Account(calendar.url, calendar.username, secret, plain_http=calendar.plain_http, inside=calendar.inside)


def _all_seen(before: Capabilities, now: Capabilities) -> Capabilities:
    """Return what was just seen, and what only writes and cycles show as they saw it."""
    return replace(
        now,
        preconditions=before.preconditions,
        faithful=before.faithful,
        tells_all_changes=before.tells_all_changes,
        refuses_people=before.refuses_people,
        mails_itself=before.mails_itself,
    )


def _abilities(can: Capabilities) -> Iterator[Check]:
    """Yield what the server can do."""
    if can.writable is False:
        remedy = "Give the account the right to write there, or see without writing: --mode report_only."
        yield Check("rights", False, f"The account may only read there. {remedy}")
    else:
        yield Check("rights", True, _RIGHTS[can.writable])
    if can.sync_collection and can.tells_all_changes is not False:
        yield Check("changes", True, "The server tells what changed (sync-collection): an idle look is one request.")
    else:
        yield Check("changes", True, "The server does not tell what changed: all events are listed at each look.")
    if can.mails_itself or can.refuses_people:
        yield Check("invitations", True, "Events go there without organizer and attendee, as the server needs it.")
    elif can.auto_schedule:
        yield Check("invitations", True, "The server sends invitations of its own; events ask it not to.")
    if can.preconditions is False:
        words = "The server was seen to overwrite what it was asked not to: two writers at once may lose an edit."
        yield Check("conditions", False, f"{words} Ask whoever runs it for an update.")
    if can.faithful is False:
        yield Check("storage", True, "The server does not store all as it is written; what matters is compared.")


_RIGHTS = {True: "The account may write there.", None: "The server does not tell whether the account may write there."}


def _standing(calendar: Calendar, alert: Alert | None) -> Check:
    """Say how syncd has the calendar, and what to do where somebody should act."""
    shown = f"The calendar is {calendar.state}, its mode {calendar.mode}."
    if alert is not None:
        return Check("state", False, f"{shown} {alert.cause} {alert.remedy}")
    return Check("state", True, shown)


def _events(calendar: Calendar, seen: CycleReport) -> Check:
    """Say what a full look finds, and what the next cycle would do about it."""
    if seen.errors and calendar.state.is_worked:
        return Check("events", False, " ".join(error.message for error in seen.errors))
    counts = seen.counts
    due = [f"{counts[name]} {name}" for name in _WRITES if counts[name]]
    told = [f"A cycle would see to: {', '.join(due)}."] if due else []
    if counts["withheld"]:
        told.append(f"{counted(counts['withheld'], 'event')} would be written if the mode were normal.")
    if counts["flagged"]:
        told.append(f"{counted(counts['flagged'], 'edit')} would wait for a decision.")
    if not told:
        return Check("events", True, "All that syncd published there is as the record says.")
    see = f"See it with: syncd reconcile --calendar {calendar.id} --dry-run"
    return Check("events", True, " ".join([*told, see]))
