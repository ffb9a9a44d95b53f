"""Commands about providers and clients."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from syncd.entrypoints.cli.frame import Listing, Output, Row, Run, command, lines, list_command
from syncd.entrypoints.cli.parsing import day
from syncd.entrypoints.cli.tables import Column, facts, stacked
from syncd.presentation.documents.people import client_document, hours_document, person_document, provider_document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncd.ports.store.transaction import Transaction
    from syncd.services.scheduling.hours import WorkingTimes

provider_app = typer.Typer(no_args_is_help=True, help="The people who hold sessions and keep a calendar.")
client_app = typer.Typer(no_args_is_help=True, help="The people who come to sessions.")

COLUMNS = (Column("id"), Column("name"), Column("email"), Column("timezone"), Column("active"))

Name = Annotated[str, typer.Option("--name", help="Full name.")]
Ref = Annotated[str, typer.Argument(metavar="REF", help="Id or e-mail address.")]
NewName = Annotated[str | None, typer.Option("--name", help="New full name.")]
NewEmail = Annotated[str | None, typer.Option("--email", help="New e-mail address.")]
CancelAppointments = Annotated[
    bool,
    typer.Option("--cancel-appointments", help="Cancel all that are to come; without it they are a reason to refuse."),
]
Reason = Annotated[str, typer.Option(metavar="CODE", help="Why they are cancelled; see: syncd appointment reasons")]
Note = Annotated[str, typer.Option(help="For the record; some reasons require it.")]
Message = Annotated[str, typer.Option(help="A personal word to the clients, in the notices.")]
Email = Annotated[str, typer.Option("--email", help="E-mail address; serves as a reference too.")]
Language = Annotated[
    str | None, typer.Option("--language", metavar="TAG", help="How mails write times: en-US with AM and PM, or de.")
]


@command(provider_app, "add")
def add_provider(
    run: Run,
    name: Name,
    email: Email,
    timezone: Annotated[str, typer.Option(help="IANA time zone in which times without an offset are read.")],
    booking_url: Annotated[str | None, typer.Option(help="Where clients book another time.")] = None,
    late_notice_hours: Annotated[
        int | None, typer.Option(help="Hours before a session that stop a client; default: the practice's.")
    ] = None,
    late_fee: Annotated[
        str | None, typer.Option(metavar="AMOUNT", help="What a client's late cancellation costs: 75.00 USD")
    ] = None,
    language: Language = None,
) -> Output:
    """Add a provider.

    **Example**

        syncd provider add --name "Dana Doe" --email dana@example.com --timezone America/New_York
    """
    from syncd.core.scheduling.money import parse_money
    from syncd.services.scheduling.people import add_provider as add

    provider = add(
        run.system.store,
        run.principal,
        run.now,
        name=name,
        email=email,
        timezone=timezone,
        booking_url=booking_url,
        late_notice_hours=late_notice_hours,
        late_fee=parse_money(late_fee) if late_fee else None,
        language=language,
    )
    document = provider_document(provider)
    return Output(document, facts(document))


@command(provider_app, "edit")
def edit_provider(
    run: Run,
    provider: Ref,
    name: NewName = None,
    email: NewEmail = None,
    timezone: Annotated[str | None, typer.Option(help="New IANA time zone; appointments keep theirs.")] = None,
    booking_url: Annotated[str | None, typer.Option(help="Where clients book another time.")] = None,
    late_notice_hours: Annotated[int | None, typer.Option(help="Hours before a session that stop a client.")] = None,
    late_fee: Annotated[
        str | None, typer.Option(metavar="AMOUNT", help="What a client's late cancellation costs: 75.00 USD")
    ] = None,
    clear: Annotated[
        list[str] | None,
        typer.Option(metavar="VALUE", help="Take away booking-url, late-notice-hours, late-fee or language."),
    ] = None,
    language: Language = None,
) -> Output:
    """Change what is on record of a provider; their events follow.

    **Example**

        syncd provider edit dana@example.com --email dana.doe@example.com --clear late-fee
    """
    from syncd.core.scheduling.money import parse_money
    from syncd.services.scheduling.people import edit_provider as edit

    given = (name, email, timezone, booking_url, late_notice_hours, late_fee, language)
    _check_something(given, clear)
    document = provider_document(
        edit(
            run.system.store,
            run.principal,
            run.now,
            provider,
            name=name,
            email=email,
            timezone=timezone,
            booking_url=booking_url,
            late_notice_hours=late_notice_hours,
            late_fee=parse_money(late_fee) if late_fee is not None else None,
            language=language,
            clear=_fields(clear, ("booking-url", "late-notice-hours", "late-fee", "language")),
            on_moved=run.system.inviter.follow,
        )
    )
    return Output(document, facts(document))


@command(provider_app, "deactivate")
def deactivate_provider(
    run: Run,
    provider: Ref,
    cancel_appointments: CancelAppointments = False,
    reason: Reason = "provider_unavailable",
    note: Note = "",
    message: Message = "",
) -> Output:
    """Deactivate a provider: nobody can book them any more, what has been stays on record.

    Refused while appointments are to come, unless --cancel-appointments cancels them with their messages. Their
    calendars stay connected until you remove them, since what was cancelled has to leave them first.
    """
    return _deactivated(run, "provider", provider, reason if cancel_appointments else None, note, message)


@command(provider_app, "activate")
def activate_provider(run: Run, provider: Ref) -> Output:
    """Let a provider be booked again."""
    return _activated(run, "provider", provider)


@command(provider_app, "hours")
def provider_hours(
    run: Run,
    provider: Ref,
    week: Annotated[
        str | None,
        typer.Option("--set", metavar="HOURS", help='Their own: "Mon-Fri 09:00-12:00, 13:00-17:00", or none.'),
    ] = None,
    usual: Annotated[bool, typer.Option("--usual", help="Take their own away: those of the settings count.")] = False,
) -> Output:
    """Show or set when a provider works: clients are offered these times, without sessions and time off.

    Sessions that are booked already stay as they are. Times are of the provider's own clock.

    **Example**

        syncd provider hours dana@example.com --set "Mon-Thu 09:00-12:00, 13:00-17:00; Sat 10:00-14:00"
    """
    if week is not None and usual:
        raise typer.BadParameter("give --set or --usual, not both", param_hint="options")
    from syncd.bootstrap.visiting import working_hours

    served = working_hours(run.system)
    if week is None and not usual:
        return _hours(served.of(provider, run.principal, run.now))
    return _hours(served.set(provider, week, run.principal, run.now))


@command(provider_app, "time-off")
def provider_time_off(
    run: Run,
    provider: Ref,
    first: Annotated[str | None, typer.Option("--from", metavar="DAY", help="First day off: 2026-12-24.")] = None,
    last: Annotated[
        str | None, typer.Option("--until", metavar="DAY", help="Last day off; default: the first.")
    ] = None,
    remove: Annotated[str | None, typer.Option(metavar="ID", help="Take time off away again.")] = None,
) -> Output:
    """Note days on which clients are offered no times, or take them away again; without options show them.

    Sessions that are booked on these days stay: cancel or reschedule them.

    **Example**

        syncd provider time-off dana@example.com --from 2026-12-24 --until 2027-01-02
    """
    from syncd.bootstrap.visiting import working_hours
    from syncd.services.scheduling.hours import whole_days

    served = working_hours(run.system)
    if (last and not first) or (remove and first):
        raise typer.BadParameter("give --from and --until, or --remove", param_hint="options")
    if remove:
        return _hours(served.be_back(provider, remove, run.principal, run.now))
    known = served.of(provider, run.principal, run.now)
    if first is None:
        return _hours(known)
    days = day(first, "--from"), day(last or first, "--until")
    return _hours(served.take_off(provider, *whole_days(*days, known.provider.timezone), run.principal, run.now))


def _hours(known: "WorkingTimes") -> Output:
    document = hours_document(known)
    shown = {name: value for name, value in document.items() if name != "time_off"}
    off = [f"off {one['id']}: {one['start']} to {one['end']}" for one in document["time_off"]]
    return Output(document, stacked(facts(shown), lines(off or ["no time off to come"])))


@list_command(provider_app)
def list_providers(_run: Run) -> Listing:
    """List the providers by name."""
    from syncd.services.pages import in_parts

    def rows(tx: "Transaction", after: str | None) -> "Iterator[Row]":
        for provider in in_parts(lambda after, limit: tx.providers.list(after=after, limit=limit), after):
            document = provider_document(provider)
            yield Row(provider.id, document, partial(dict, document))

    return Listing("providers", rows, COLUMNS, "No provider yet. See: syncd provider add --help")


@command(client_app, "add")
def add_client(
    run: Run,
    name: Name,
    email: Email,
    timezone: Annotated[str | None, typer.Option(help="IANA time zone; default: the provider's.")] = None,
    language: Language = None,
) -> Output:
    """Add a client.

    **Example**

        syncd client add --name "Robin Roe" --email robin@example.org
    """
    from syncd.services.scheduling.people import add_client as add

    client = add(run.system.store, run.principal, run.now, name=name, email=email, timezone=timezone, language=language)
    document = client_document(client)
    return Output(document, facts(document))


@command(client_app, "edit")
def edit_client(
    run: Run,
    client: Ref,
    name: NewName = None,
    email: NewEmail = None,
    timezone: Annotated[str | None, typer.Option(help="New IANA time zone, for the times in mails.")] = None,
    clear: Annotated[
        list[str] | None,
        typer.Option(metavar="VALUE", help="Take away timezone or language: the defaults count."),
    ] = None,
    language: Language = None,
) -> Output:
    """Change what is on record of a client; the events that show them follow.

    **Example**

        syncd client edit robin@example.org --name "Robin Roe-Smith"
    """
    from syncd.services.scheduling.people import edit_client as edit

    _check_something((name, email, timezone, language), clear)
    changed = edit(
        run.system.store,
        run.principal,
        run.now,
        client,
        name=name,
        email=email,
        timezone=timezone,
        language=language,
        clear=_fields(clear, ("timezone", "language")),
        on_moved=run.system.inviter.follow,
    )
    document = client_document(changed)
    return Output(document, facts(document))


@command(client_app, "deactivate")
def deactivate_client(
    run: Run,
    client: Ref,
    cancel_appointments: CancelAppointments = False,
    reason: Reason = "care_ended",
    note: Note = "",
    message: Message = "",
) -> Output:
    """Deactivate a client: they cannot be booked any more, what has been stays on record.

    Refused while appointments are to come, unless --cancel-appointments cancels them with their messages.
    """
    return _deactivated(run, "client", client, reason if cancel_appointments else None, note, message)


@command(client_app, "activate")
def activate_client(run: Run, client: Ref) -> Output:
    """Let a client be booked again."""
    return _activated(run, "client", client)


@list_command(client_app)
def list_clients(_run: Run) -> Listing:
    """List the clients by name."""
    from syncd.services.pages import in_parts

    def rows(tx: "Transaction", after: str | None) -> "Iterator[Row]":
        for client in in_parts(lambda after, limit: tx.clients.list(after=after, limit=limit), after):
            document = client_document(client)
            yield Row(client.id, document, partial(dict, document))

    return Listing("clients", rows, COLUMNS, "No client yet. See: syncd client add --help")


def _check_something(given: Sequence[object], clear: Sequence[str] | None) -> None:
    if all(value is None for value in given) and not clear:
        raise typer.BadParameter("give what is to change", param_hint="options")


def _fields(clear: Sequence[str] | None, allowed: Sequence[str]) -> list[str]:
    """Return the fields that are to be cleared, by the names of their options."""
    for name in clear or ():
        if name not in allowed:
            raise typer.BadParameter(f"{name!r} is not one of: {', '.join(allowed)}", param_hint="--clear")
    return [name.replace("-", "_") for name in clear or ()]


def _deactivated(run: Run, kind: str, ref: str, cancel_for: str | None, note: str, message: str) -> Output:
    from syncd.core.wording import counted
    from syncd.services.scheduling.deactivating import Deactivate, PersonKind, deactivate

    asked = Deactivate(kind=PersonKind(kind), ref=ref, cancel_for=cancel_for, note=note, message=message)
    with run.system.store.transaction() as tx:
        gone = deactivate(tx, asked, run.terms("admin"))
    document = {**person_document(gone.person), "cancelled": list(gone.cancelled)}
    told = f"{gone.person.id} is deactivated; {counted(len(gone.cancelled), 'appointment')} cancelled."
    return Output(document, stacked(facts(person_document(gone.person)), lines([told])))


def _activated(run: Run, kind: str, ref: str) -> Output:
    from syncd.services.scheduling.deactivating import PersonKind, activate

    with run.system.store.transaction() as tx:
        document = person_document(activate(tx, PersonKind(kind), ref, run.terms("admin")))
    return Output(document, facts(document))
