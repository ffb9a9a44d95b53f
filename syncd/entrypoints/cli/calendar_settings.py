"""What is set for one calendar, and what is found out about it: the commands `calendar set` and `calendar doctor`."""

import sys
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncd.core.sync.calendars import CalendarMode, Privacy
from syncd.entrypoints.cli.frame import ExitCode, Output, Run, command, lines
from syncd.entrypoints.cli.parsing import password_from
from syncd.entrypoints.cli.tables import table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncd.core.sync.calendars import Calendar
    from syncd.services.sync.calendars import Wishes

_USUAL = "default"
_PRIVACIES = (*(str(level) for level in Privacy), _USUAL)
_LONGEST = 60 * 24 * 366

Id = Annotated[str, typer.Argument(metavar="ID", help="The calendar's id; see: syncd calendar list")]


def add_settings_to(app: typer.Typer) -> None:
    """Add the commands to the group of calendars."""
    command(app, "set")(set_)
    command(app, "doctor")(doctor)


def set_(
    run: Run,
    calendar: Id,
    mode: Annotated[
        CalendarMode | None,
        typer.Option(help="normal; report_only: see all, write nothing; locked: the provider can only read."),
    ] = None,
    privacy: Annotated[
        str | None,
        typer.Option(metavar="LEVEL", help=f"What titles tell of clients there: {', '.join(_PRIVACIES)}."),
    ] = None,
    objective: Annotated[
        int | None,
        typer.Option(metavar="MINUTES", min=0, max=_LONGEST, help="Age of the proof that is told; 0: as usual."),
    ] = None,
    reader: Annotated[
        str | None, typer.Option(metavar="LOGIN", help="With --mode locked: the provider's own login, tried once.")
    ] = None,
    reader_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Where that login sees the calendar, if elsewhere.")
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the account's new password from stdin; or the reader's.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change nothing; show what would be written then.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> Output:
    """Set what is meant for one calendar: its mode, what its titles tell, and how old its proof may grow.

    In the mode `report_only` syncd sees everything and writes nothing there: edits are recorded with what would have
    been done about them, and claims stay held. Going back to `normal` shows first what will be written; the next
    cycle writes it, and the guards hold as ever. To be `locked` a calendar belongs to an account of the practice, and
    the provider's own login is tried once, to see that it has no right to write; its password is not kept.

    **Examples**

        syncd calendar set cal-7m2k9qf3x1 --mode report_only

        syncd calendar set cal-7m2k9qf3x1 --mode normal --dry-run

        syncd calendar set cal-7m2k9qf3x1 --privacy busy --objective 120

        syncd calendar set cal-7m2k9qf3x1 --mode locked --reader dana --password-stdin < password.txt
    """
    from syncd.presentation.documents.calendars import calendar_document

    wishes = _wishes(mode, privacy, objective)
    _check(mode, reader, reader_url, said=bool(wishes), password=password_stdin)
    with run.system.store.reading() as tx:
        before = tx.calendars.get(calendar)
    password = password_from(from_stdin=True) if password_stdin or reader else None
    if reader is not None and not dry_run:
        _check_locked(run, before, reader, reader_url, password or "")
    preview = _preview(run, before, wishes, dry_run=dry_run)
    if dry_run:
        return _previewed(before, wishes, preview)
    _ask(preview, yes=yes)
    service = run.system.calendars(run.principal)
    after = service.set(calendar, wishes, run.now, None if reader else password)
    shown = calendar_document(after) | ({"preview": preview} if preview else {})
    return Output(shown, lines(_told(after, preview)))


def doctor(run: Run, calendar: Id) -> Output:
    """Look at an account and its calendar, and say what is there, what is wrong, and how to mend it. Writes nothing.

    **Example**

        syncd calendar doctor cal-7m2k9qf3x1
    """
    from syncd.core.reporting.alerts import of_calendar
    from syncd.presentation.documents.standing import checks_document
    from syncd.services.reporting.doctor import Doctor

    with run.system.store.reading() as tx:
        examined = tx.calendars.get(calendar)
    system = run.system
    physician = Doctor(servers=system.servers, vault=system.vault, reconciler=system.reconciler)
    result = checks_document(physician.examine(examined, of_calendar(examined, run.now, run.objectives), run.now))
    rows = [{**one, "ok": "ok" if one["ok"] else "WRONG"} for one in result["checks"]]
    code = ExitCode.DONE if result["ok"] else ExitCode.REFUSED
    return Output({"id": calendar, **result}, table(rows, ("ok", "name", "message"), empty=""), code)


def _wishes(mode: CalendarMode | None, privacy: str | None, objective: int | None) -> "Wishes":
    wishes: Wishes = {}
    if mode is not None:
        wishes["mode"] = mode
    if privacy is not None:
        if privacy not in _PRIVACIES:
            raise typer.BadParameter(f"give one of {', '.join(_PRIVACIES)}", param_hint="--privacy")
        wishes["privacy"] = None if privacy == _USUAL else Privacy(privacy)
    if objective is not None:
        wishes["objective"] = timedelta(minutes=objective) or None
    return wishes


def _check(
    mode: CalendarMode | None, reader: str | None, reader_url: str | None, *, said: bool, password: bool
) -> None:
    """Refuse what says nothing, or only half of something."""
    if not (said or password):
        raise typer.BadParameter("say what to set", param_hint="--mode, --privacy, --objective, --password-stdin")
    if mode is CalendarMode.LOCKED and reader is None:
        raise typer.BadParameter(
            "a calendar is locked where the provider's own login can only read: name it, so that this can be tried",
            param_hint="--reader",
        )
    if mode is not CalendarMode.LOCKED and (reader or reader_url):
        raise typer.BadParameter("it goes with --mode locked", param_hint="--reader")


def _check_locked(run: Run, calendar: "Calendar", reader: str, url: str | None, password: str) -> None:
    from syncd.core.errors import RefusalError
    from syncd.ports.remote.values import Account
    from syncd.services.reporting.doctor import check_reader

    if reader == calendar.username:
        raise RefusalError(f"{reader!r} is the login by which syncd writes there. Give the provider's own.")
    check_reader(
        run.system.servers, Account(url or calendar.url, reader, password, plain_http=calendar.plain_http, inside=True)
    )


def _preview(run: Run, before: "Calendar", wishes: "Wishes", *, dry_run: bool) -> dict[str, Any] | None:
    """Return what a cycle would do with what is wished, where that is asked for or is about to be written."""
    from syncd.presentation.documents.plans import round_document
    from syncd.services.sync.calendars import as_wished
    from syncd.services.sync.rounds import preview_as

    after = as_wished(before, wishes)
    if not dry_run and (before.mode.writes or not after.mode.writes):
        return None
    return round_document(preview_as(run.system.reconciler, before.id, run.now, partial(as_wished, wishes=wishes)))


def _previewed(before: "Calendar", wishes: "Wishes", preview: dict[str, Any] | None) -> Output:
    from syncd.entrypoints.cli.reconcile import picture
    from syncd.presentation.documents.calendars import calendar_document
    from syncd.services.sync.calendars import as_wished

    shown = calendar_document(as_wished(before, wishes)) | {"dry_run": True, "preview": preview}
    return Output(shown, lambda: picture(preview or {}))


def _ask(preview: "Mapping[str, Any] | None", *, yes: bool) -> None:
    """Show what will be written, and on a terminal ask whether that is meant."""
    if preview is None:
        return
    from syncd.core.errors import RefusalError
    from syncd.entrypoints.cli.frame import console
    from syncd.entrypoints.cli.reconcile import picture

    console(stderr=True).print(picture(preview))
    if yes or not sys.stdin.isatty():
        return
    if not typer.confirm("Have the next cycle write this?", default=True, err=True):
        raise RefusalError("Nothing was changed.")


def _told(after: "Calendar", preview: "Mapping[str, Any] | None") -> list[str]:
    """Return what is set now, and what comes of it."""
    told = [f"{after.id}: mode {after.mode}, privacy {after.privacy or 'as the settings say'}, {_objective(after)}."]
    if not after.mode.writes:
        told.append("Nothing is written there. What would be: syncd reconcile --dry-run")
    if preview is not None:
        told += [f"{error['calendar']}: {error['message']}" for error in preview["errors"]]
        plans = [plan["id"] for plan in preview["plan"] if plan["actions"]]
        told += [
            f"The next cycle writes what was withheld. At once, and just that: syncd reconcile --plan {plan}"
            for plan in plans
        ]
    return told


def _objective(after: "Calendar") -> str:
    if after.objective is None:
        return "objective as the settings say"
    return f"objective {after.objective // timedelta(minutes=1)} minutes"
