"""Commands about appointments."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from syncd.entrypoints.cli.frame import Listing, Output, Row, Run, command, lines, list_command
from syncd.entrypoints.cli.names import Names
from syncd.entrypoints.cli.parsing import bound, moment
from syncd.entrypoints.cli.tables import Column, clean, facts, stacked, table
from syncd.presentation.dates import session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from syncd.core.scheduling.appointments import Appointment
    from syncd.core.sync.drift import Drift
    from syncd.ports.store.transaction import Transaction

app = typer.Typer(no_args_is_help=True, help="Sessions of a provider with a client: book, move, cancel, look up.")

Id = Annotated[str, typer.Argument(metavar="ID", help="The appointment's id.")]
ScopeOption = Annotated[
    Literal["this", "future", "all"],
    typer.Option("--scope", help="Of a series: this session, this and all later ones, or all that are to come."),
]
ByOption = Annotated[
    Literal["provider", "client", "admin"], typer.Option("--by", help="On whose behalf; clients have a notice period.")
]
Location = Annotated[str | None, typer.Option("--location", help="Where the session takes place.")]
AllowOverlap = Annotated[
    bool,
    typer.Option("--allow-overlap", help="It is meant that the client has a session with another provider then."),
]
OutcomeNote = Annotated[str, typer.Option("--note", help="For the record.")]
OutcomeBy = Annotated[Literal["provider", "admin"], typer.Option("--by", help="Who says so.")]
COLUMNS = (
    Column("id"),
    Column("session"),
    Column("provider"),
    Column("client"),
    Column("status"),
    Column("location", wide=True),
    Column("timezone", wide=True),
)


@command(app, "book")
def book(
    run: Run,
    provider: Annotated[str, typer.Option(metavar="REF", help="Provider: id or e-mail address.")],
    client: Annotated[str, typer.Option(metavar="REF", help="Client: id or e-mail address.")],
    start: Annotated[str, typer.Option(metavar="TIME", help="2026-12-01T10:00, in the zone; or with an offset.")],
    minutes: Annotated[int, typer.Option(help="How long the session lasts.")],
    timezone: Annotated[str | None, typer.Option(metavar="ZONE", help="IANA zone; default: the provider's.")] = None,
    location: Location = None,
    repeat: Annotated[str | None, typer.Option(metavar="RRULE", help="Repeat by an RFC 5545 rule.")] = None,
    allow_overlap: AllowOverlap = False,
) -> Output:
    """Book an appointment, or with --repeat a series of them.

    A time at which the client has a session with another provider is refused, unless you say that it is meant.

    **Examples**

        syncd appointment book --provider dana@example.com --client robin@example.org
            --start 2026-12-01T10:00 --minutes 50

        syncd appointment book ... --repeat "FREQ=WEEKLY;COUNT=10"
    """
    from syncd.presentation.documents.appointments import booked_document
    from syncd.services.scheduling.appointments import extent_of
    from syncd.services.scheduling.booking import NewBooking
    from syncd.services.scheduling.booking import book as book_it

    asked = NewBooking(
        provider=provider,
        client=client,
        start=moment(start, "--start"),
        minutes=minutes,
        timezone=timezone,
        location=location or "",
        repeat=repeat,
        allow_overlap=allow_overlap,
    )
    with run.system.store.transaction() as tx:
        booked = book_it(tx, asked, run.terms("admin"))
    document = booked_document(booked, extent_of(run.system.store, booked))
    extent = _extent(document["repeats"]) if document["repeats"] else []
    return Output(document, stacked(_answer(booked).picture, lines(extent)))


@command(app, "reschedule")
def reschedule(
    run: Run,
    appointment: Id,
    start: Annotated[str | None, typer.Option(metavar="TIME", help="New start, in the appointment's zone.")] = None,
    minutes: Annotated[int | None, typer.Option(help="New length.")] = None,
    location: Location = None,
    scope: ScopeOption = "this",
    by: ByOption = "admin",
    allow_overlap: AllowOverlap = False,
) -> Output:
    """Give an appointment another time, length or place; history keeps the old ones.

    **Example**

        syncd appointment reschedule apt-7m2k9qf3x1 --start 2026-12-02T11:00 --scope future
    """
    from syncd.core.scheduling.appointments import Scope
    from syncd.services.scheduling.rescheduling import Reschedule
    from syncd.services.scheduling.rescheduling import reschedule as reschedule_it

    if start is None and minutes is None and location is None:
        raise typer.BadParameter("give what is to change", param_hint="--start, --minutes or --location")
    asked = Reschedule(
        appointment_id=appointment,
        start=moment(start, "--start") if start else None,
        minutes=minutes,
        location=location,
        scope=Scope(scope),
        allow_overlap=allow_overlap,
    )
    with run.system.store.transaction() as tx:
        return _answer(reschedule_it(tx, asked, run.terms(by)))


@command(app, "cancel")
def cancel(
    run: Run,
    appointment: Id,
    reason: Annotated[str, typer.Option(metavar="CODE", help="Why; see: syncd appointment reasons")],
    note: Annotated[str, typer.Option(help="For the record; some reasons require it.")] = "",
    message: Annotated[str, typer.Option(help="A personal word to the client, in the notice.")] = "",
    scope: ScopeOption = "this",
    by: ByOption = "admin",
    waive_fee: Annotated[bool, typer.Option("--waive-fee", help="Waive a late-cancellation fee that is due.")] = False,
) -> Output:
    """Cancel an appointment. It stays on record with the reason, and leaves the provider's calendar.

    The client is told by mail: of the reason, with your message, and with a link to reschedule where the reason offers
    one. Cancel as early as you can, and choose the reason that fits best.

    **Example**

        syncd appointment cancel apt-7m2k9qf3x1 --reason provider_ill --message "Let us find another day."
    """
    from syncd.core.scheduling.appointments import Scope
    from syncd.presentation.documents.appointments import cancelled_document
    from syncd.services.scheduling.cancelling import Cancel
    from syncd.services.scheduling.cancelling import cancel as cancel_it

    asked = Cancel(
        appointment_id=appointment, reason=reason, note=note, message=message, scope=Scope(scope), waive_fee=waive_fee
    )
    with run.system.store.transaction() as tx:
        gone = cancel_it(tx, asked, run.terms(by))
    return Output(
        cancelled_document(gone, run.now), stacked(_answer(gone).picture, lines(_consequences(gone, run.now)))
    )


@command(app, "complete")
def complete(run: Run, appointment: Id, note: OutcomeNote = "", by: OutcomeBy = "admin") -> Output:
    """Say that a session took place. Without a word it counts as completed once its end has passed.

    Takes back a no-show that was noted by mistake.
    """
    return _outcome(run, appointment, "completed", note, by)


@command(app, "no-show")
def no_show(run: Run, appointment: Id, note: OutcomeNote = "", by: OutcomeBy = "admin") -> Output:
    """Say that the client did not come: the session's claim is held and never filed.

    A word that was wrong is taken back by: syncd appointment complete ID
    """
    return _outcome(run, appointment, "no_show", note, by)


@list_command(app)
def list_(
    _run: Run,
    provider: Annotated[str | None, typer.Option(metavar="REF", help="Only this provider's.")] = None,
    client: Annotated[str | None, typer.Option(metavar="REF", help="Only this client's.")] = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Only those that start then or later.")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Only those that start before.")] = None,
    search: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Only with TEXT in a name or the location.")
    ] = None,
) -> Listing:
    """List appointments by start. Days and times without an offset are UTC."""
    from syncd.ports.store.scheduling import AppointmentQuery
    from syncd.services.pages import in_parts
    from syncd.services.scheduling.appointments import listed

    asked = AppointmentQuery(starts_from=bound(from_, "--from"), starts_before=bound(to, "--to"), text=search)

    def rows(tx: "Transaction", after: str | None) -> "Iterator[Row]":
        query = replace(
            asked,
            provider_id=tx.providers.get(provider).id if provider else None,
            client_id=tx.clients.get(client).id if client else None,
        )
        names = Names(tx)
        found = in_parts(lambda after, limit: listed(tx, replace(query, after=after, limit=limit)), after)
        for one in names.ahead(found, lambda one: one):
            yield _row(one, names)

    return Listing("appointments", rows, COLUMNS, "No appointment fits.")


def _row(one: "Appointment", names: Names) -> Row:
    from syncd.presentation.documents.appointments import appointment_document

    def shown() -> dict[str, str]:
        return {
            "id": one.id,
            "session": session(one.start, one.end),
            "provider": names.provider(one.provider_id),
            "client": names.client(one.client_id),
            "status": one.status.value,
            "location": one.location,
            "timezone": one.timezone,
        }

    return Row(one.id, appointment_document(one), shown)


@command(app, "show")
def show(run: Run, appointment: Id) -> Output:
    """Show an appointment, what happened to it, and what was edited in the provider's calendar, oldest first."""
    from syncd.ports.store.sync import DriftQuery
    from syncd.presentation.documents.appointments import story_document
    from syncd.presentation.documents.drifts import drift_document
    from syncd.services.scheduling.appointments import story

    result = story_document(story(run.store, appointment), run.terms("admin").rules.reasons)
    told = {key: value for key, value in result.items() if key not in {"history", "cancellation"}}
    sentences = [line["sentence"] for line in result["history"]] or ["Nothing is on record."]
    with run.store.reading() as tx:
        drifts = tx.drifts.list(DriftQuery(appointment_id=result["id"]))[::-1]
        names = Names(tx)
        edits = [_edit(drift, names) for drift in drifts] or ["Nothing that matters."]
    result["drifts"] = [drift_document(drift) for drift in drifts]
    happened = ["", "What happened:", *sentences, "", "Edits in the provider's calendar:", *edits]
    return Output(result, stacked(facts(told), lines(map(clean, happened))))


def _edit(drift: "Drift", names: Names) -> str:
    from syncd.presentation.changes import before_after

    return (
        f"{names.at(drift.detected_at, drift.provider_id)}: {before_after(drift.findings)} ({drift.status}, {drift.id})"
    )


@command(app, "reasons")
def reasons(run: Run) -> Output:
    """List the reasons for which an appointment may be cancelled."""
    rows: list[dict[str, Any]] = [
        {
            "code": reason.code,
            "label": reason.label,
            "note_required": reason.note_required,
            "offers_reschedule": reason.offers_reschedule,
        }
        for reason in run.settings.booking.reasons
    ]
    return Output({"reasons": rows}, table(rows, tuple(rows[0]), empty=""))


def _outcome(run: Run, appointment: str, status: str, note: str, by: str) -> Output:
    from syncd.core.scheduling.appointments import AppointmentStatus
    from syncd.services.scheduling.outcomes import Outcome, record_outcome

    asked = Outcome(appointment_id=appointment, status=AppointmentStatus(status), note=note)
    with run.system.store.transaction() as tx:
        return _answer(record_outcome(tx, asked, run.terms(by)))


def _extent(repeats: dict[str, Any]) -> list[str]:
    """Return how many sessions were booked and until when, as people say it."""
    from datetime import datetime

    from syncd.core.wording import counted, day, day_and_time

    booked = counted(repeats["booked"], "session")
    until = day(datetime.fromisoformat(repeats["booked_until"]))
    so_far = f"{booked} booked so far, the last one on {until}; syncd adds the next ones as time goes on."
    if repeats["sessions"] is None:
        return [f"A series without an end: {so_far}"]
    last = day_and_time(datetime.fromisoformat(repeats["last"]))
    told = f"A series of {counted(repeats['sessions'], 'session')}, the last one on {last}."
    return [told if repeats["booked"] >= repeats["sessions"] else f"{told} {so_far}"]


def _consequences(gone: "Appointment", now: "datetime") -> list[str]:
    """Return what a cancellation means for the client: how much notice they get, and what it costs them."""
    from syncd.core.scheduling.money import written
    from syncd.core.times import instant
    from syncd.core.wording import notice

    told = [f"The client gets {notice(instant(gone.start) - now)}."]
    fee = gone.cancellation.fee if gone.cancellation else None
    if fee is not None:
        told.append(f"The late cancellation fee of {written(fee.amount)} is {'waived' if fee.waived else 'due'}.")
    return told


def _answer(appointment: "Appointment") -> Output:
    from syncd.presentation.documents.appointments import appointment_document

    shown_ = appointment_document(appointment)
    return Output(shown_, facts(shown_))
