"""Commands about providers' calendars."""

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from syncd.entrypoints.cli.calendar_settings import add_settings_to
from syncd.entrypoints.cli.frame import ExitCode, Listing, Output, Row, Run, command, lines, list_command
from syncd.entrypoints.cli.names import Names
from syncd.entrypoints.cli.parsing import password_from
from syncd.entrypoints.cli.tables import Column, facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncd.core.sync.calendars import Calendar
    from syncd.core.work import Work
    from syncd.ports.store.transaction import Transaction

if TYPE_CHECKING:
    from syncd.ports.remote.values import Discovered

app = typer.Typer(no_args_is_help=True, help="Providers' calendars, to which syncd publishes.")

Id = Annotated[str, typer.Argument(metavar="ID", help="The calendar's id; see: syncd calendar list")]
ProviderRef = Annotated[str, typer.Option("--provider", metavar="REF", help="Provider: id or e-mail address.")]


@command(app, "add")
def add(
    run: Run,
    provider: ProviderRef,
    url: Annotated[str, typer.Option(help="The CalDAV server's root, the account's principal, or a collection.")],
    username: Annotated[str, typer.Option(help="Login name of the account.")],
    name: Annotated[str, typer.Option(help="Collection to use; made if absent.")] = "Practice appointments",
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin.")] = False,
    plain_events: Annotated[
        bool, typer.Option("--plain-events", help="Publish without organizer and attendee.")
    ] = False,
    allow_plain_http: Annotated[
        bool, typer.Option("--allow-plain-http", help="Send the password over http:// to another machine.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether what was found is meant.")] = False,
) -> Output:
    """Connect a CalDAV account. Sessions that lie ahead are published there by the next cycle.

    What was found is shown before it is stored; on a terminal you are asked whether it is what you mean.

    **Example**

        syncd calendar add --provider dana@example.com --url https://dav.example.com
            --username dana --password-stdin < password.txt
    """
    from syncd.bootstrap.guarding import warning_about
    from syncd.core.errors import RefusalError
    from syncd.presentation.documents.calendars import calendar_document
    from syncd.services.sync.calendars import NewCalendar

    new = NewCalendar(
        provider=provider,
        url=url,
        username=username,
        password=password_from(from_stdin=password_stdin),
        name=name,
        plain_events=plain_events,
        plain_http=allow_plain_http,
    )
    warnings = [*new.warnings, *filter(None, [warning_about(run.settings, url)])]
    for warning in warnings:
        typer.echo(f"Warning: {warning}", err=True)
    service = run.system.calendars(run.principal)
    found = service.find(new)
    typer.echo(_found(found), err=True)
    if not yes and sys.stdin.isatty() and not typer.confirm("Connect it?", default=True, err=True):
        raise RefusalError("Nothing was connected.")
    shown = calendar_document(service.connect(new, run.now, found)) | {"warnings": warnings}
    return Output(shown, facts({key: shown[key] for key in ("id", "provider", "name", "url", "state")}))


COLUMNS = (
    Column("id"),
    Column("provider"),
    Column("name"),
    Column("state"),
    Column("looked at", wide=True),
    Column("proven equal", wide=True),
    Column("attempts", wide=True),
    Column("last_error"),
)


@list_command(app)
def list_(
    _run: Run,
    provider: Annotated[str | None, typer.Option(metavar="REF", help="Only this provider's.")] = None,
) -> Listing:
    """List the calendars and how each of them is."""
    from syncd.core.work import WorkKind
    from syncd.presentation.documents.calendars import calendar_document
    from syncd.services.pages import following

    def rows(tx: "Transaction", after: str | None) -> "Iterator[Row]":
        names = Names(tx)
        found = tx.calendars.list(tx.providers.get(provider).id if provider else None)
        waiting = tx.publications.unpublished()
        works = tx.works.list(WorkKind.CALENDAR, [calendar.id for calendar in found])
        for calendar in names.ahead(following(found, after), lambda calendar: calendar):
            work = works.get(calendar.id)
            yield Row(
                calendar.id,
                calendar_document(calendar, work, waiting.get(calendar.id, 0)),
                partial(_shown, calendar, names, work),
            )

    return Listing("calendars", rows, COLUMNS, "No calendar yet. See: syncd calendar add --help")


def _shown(calendar: "Calendar", names: Names, work: "Work | None") -> dict[str, str | int | None]:
    return {
        "id": calendar.id,
        "provider": names.provider(calendar.provider_id),
        "name": calendar.name,
        "state": str(calendar.state) if calendar.mode == "normal" else f"{calendar.state}, {calendar.mode}",
        "looked at": names.at(calendar.last_synced_at, calendar.provider_id),
        "proven equal": names.at(calendar.last_proven_equal_at, calendar.provider_id),
        "attempts": work.attempts if work else 0,
        "last_error": calendar.last_error or (work.last_error if work else None),
    }


def _found(found: "Discovered") -> str:
    """Say what discovery found, and what its server was seen to do."""
    can = found.capabilities
    writing = {True: "it can be written", False: "it is READ ONLY", None: "whether it can be written is not told"}
    seen = [
        "it was made just now" if found.created else "it was there already",
        writing[can.writable],
        "the server tells changes" if can.sync_collection else "changes are found by listing it",
    ]
    if can.auto_schedule:
        seen.append("the server sends invitations of its own unless it is asked not to")
    return f"Found {found.name!r} at {found.url}: {'; '.join(seen)}."


@command(app, "pause")
def pause(run: Run, calendar: Id) -> Output:
    """Leave a calendar alone until it is resumed: nothing is read there and nothing written."""
    from syncd.presentation.documents.calendars import calendar_document

    shown = calendar_document(run.system.calendars(run.principal).pause(calendar, run.now))
    return Output(shown, lines([f"{calendar} is paused. To go on: syncd calendar resume {calendar}"]))


@command(app, "resume")
def resume(
    run: Run,
    calendar: Id,
    republish: Annotated[bool, typer.Option("--republish", help="Put back all that differs, now.")] = False,
    accept: Annotated[bool, typer.Option("--accept", help="Take over all that differs into the record, now.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Leave all that differs and watch it no longer.")] = False,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read a new password from stdin.")] = False,
) -> Output:
    """Work a calendar again that was paused, or that a guard had stopped.

    Your word releases the guard for one cycle: what it had held is then dealt with by policy, or as you say here. Look
    first with `syncd calendar list`, and after resuming with `syncd reconcile --calendar ID --dry-run`.

    **Examples**

        syncd calendar resume cal-7m2k9qf3x1 --republish

        syncd calendar resume cal-7m2k9qf3x1 --password-stdin < password.txt
    """
    from syncd.presentation.documents.calendars import calendar_document, resumed_document
    from syncd.services.decisions.resuming import Resumption

    chosen = [how for how in Resumption if {"republish": republish, "accept": accept, "forget": forget}[how]]
    if len(chosen) > 1:
        raise typer.BadParameter("choose one of them", param_hint="--republish, --accept, --forget")
    service = run.system.calendars(run.principal)
    password = password_from(from_stdin=True) if password_stdin else None
    if not chosen:
        shown = calendar_document(service.resume(calendar, run.now, password))
        told = [f"{calendar} is worked again. To see what is to be done: syncd reconcile --dry-run"]
        return Output(shown, lines(told))
    resumed = run.system.resumer(service).resume(calendar, chosen[0], run.terms("admin"), password)
    with run.system.store.reading() as tx:
        shown = calendar_document(tx.calendars.get(calendar)) | resumed_document(resumed)
    return Output(shown, lines(resumed.told()), ExitCode.REFUSED if resumed.errors else ExitCode.DONE)


@command(app, "remove")
def remove(
    run: Run,
    calendar: Id,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Delete there first what syncd published.")] = False,
) -> Output:
    """Forget a calendar. Without --withdraw what was published stays in it.

    Claims of sessions that may go on to stand there unseen then wait for somebody to attest their dates.
    """
    removal = run.system.calendars(run.principal).remove(calendar, run.now, withdraw=withdraw)
    told = [f"{calendar} is removed; {removal.withdrawn} events were withdrawn from it."]
    if removal.left:
        told.append(f"{removal.left} were left as they are: edited there since, or not to be seen now.")
    return Output({"id": calendar, "removed": True, **removal._asdict()}, lines(told))


add_settings_to(app)
