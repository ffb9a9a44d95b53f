"""Commands about claims: what holds them, who attests what, what was filed, and what billing is about to send."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncd.core.claims.claim import ClaimStatus
from syncd.entrypoints.cli.frame import ExitCode, Listing, Output, Row, Run, command, lines, list_command
from syncd.entrypoints.cli.names import Names
from syncd.entrypoints.cli.parsing import day
from syncd.entrypoints.cli.tables import Column, facts, stacked, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncd.ports.store.transaction import Transaction
    from syncd.services.claims.attesting import Attested
    from syncd.services.claims.claims import ClaimView

app = typer.Typer(no_args_is_help=True, help="Claims: none carries a date that is not its appointment's.")

Id = Annotated[str, typer.Argument(metavar="ID", help="The claim's id, its number, or its appointment's id.")]
COLUMNS = (
    Column("id"),
    Column("date_of_service", "date"),
    Column("provider"),
    Column("client", wide=True),
    Column("status"),
    Column("holds"),
    Column("number", wide=True),
    Column("appointment", wide=True),
)


@list_command(app)
def list_(
    run: Run, status: Annotated[ClaimStatus | None, typer.Option(help="Only those that have this status now.")] = None
) -> Listing:
    """List claims by date of service, each with what holds it.

    **Example**

        syncd claim list --status held
    """
    from syncd.presentation.documents.claims import claim_document
    from syncd.services.claims.claims import views

    def rows(tx: "Transaction", after: str | None) -> "Iterator[Row]":
        names = Names(tx)
        found = views(tx, run.settings.claims.rules(), run.now, status, after)
        for view in names.ahead(found, lambda view: view.evidence.appointment):
            yield Row(view.claim.id, claim_document(view), partial(_row, view, names))

    return Listing("claims", rows, COLUMNS, "No claim fits.")


def _row(view: "ClaimView", names: Names) -> dict[str, Any]:
    one = view.evidence.appointment
    return {
        "id": view.claim.id,
        "date_of_service": view.claim.date_of_service,
        "provider": names.provider(one.provider_id),
        "client": names.client(one.client_id),
        "status": view.status,
        "holds": sorted(view.codes),
        "number": view.claim.number,
        "appointment": one.id,
    }


@command(app, "show")
def show(run: Run, claim: Id) -> Output:
    """Show a claim: what holds it, since when, what lifts that, and what was attested."""
    from syncd.services.claims.claims import view

    with run.system.store.reading() as tx:
        return _answer(view(tx, claim, run.settings.claims.rules(), run.now))


@command(app, "attest")
def attest(
    run: Run,
    by: Annotated[str, typer.Option(metavar="WHO", help="provider, admin, or the person's id, address or name.")],
    claim: Annotated[
        str | None, typer.Argument(metavar="ID", help="The claim's id, its number, or its appointment's id.")
    ] = None,
    drift: Annotated[str | None, typer.Option(metavar="ID", help="All sessions that this drift is about.")] = None,
    provider: Annotated[
        str | None,
        typer.Option(metavar="REF", help="All of this provider's, with --from and --until, that wait for it."),
    ] = None,
    first: Annotated[str | None, typer.Option("--from", metavar="DATE", help="First date of service.")] = None,
    last: Annotated[str | None, typer.Option("--until", metavar="DATE", help="Last date of service.")] = None,
    on: Annotated[
        str | None, typer.Option("--date", metavar="DATE", help="The local date on which the session took place.")
    ] = None,
    as_planned: Annotated[bool, typer.Option("--as-planned", help="Each on the date of its appointment.")] = False,
    note: Annotated[str, typer.Option(help="For the record: how they know.")] = "",
) -> Output:
    """Put on record on which date a session took place. Another date reschedules the appointment first.

    With --drift or --provider all sessions at once that are over; exits 1 when it was refused for any of them.

    **Examples**

        syncd claim attest clm-7m2k9qf3x1 --date 2026-12-02 --by provider --note "by telephone"

        syncd claim attest --drift drift-7m2k9qf3x1 --as-planned --by dana@example.com

        syncd claim attest --provider dana@example.com --from 2026-12-01 --until 2026-12-31 --as-planned --by provider
    """
    from syncd.services.claims.attesting import Word, attest_drift, attest_range
    from syncd.services.claims.claims import Attest, view
    from syncd.services.claims.claims import attest as attest_it

    if [claim, drift, provider].count(None) != 2:
        raise typer.BadParameter("give one of: a claim's ID, --drift ID, --provider REF", param_hint="ID")
    if as_planned is (on is not None):
        raise typer.BadParameter("give --date DATE or --as-planned", param_hint="--date")
    word = Word(by=by, date_of_service=None if on is None else day(on, "--date"), note=note)
    store, terms, rules = run.system.store, run.terms("admin"), run.settings.claims.rules()
    if drift is not None:
        return _attested(attest_drift(store, drift, word, terms, rules))
    if provider is not None:
        days = (day(first or "", "--from"), day(last or "", "--until"))
        return _attested(attest_range(store, provider, days, word, terms, rules))
    with store.transaction() as tx:
        ref = str(claim)
        on_day = word.date_of_service or view(tx, ref, rules, run.now).claim.date_of_service
        return _answer(attest_it(tx, Attest(ref=ref, date_of_service=on_day, by=by, note=note), terms, rules))


@command(app, "release")
def release(run: Run, claim: Id) -> Output:
    """Look at the session's calendar now, and clear the claim if nothing holds it.

    Exits 1 when something does; the answer says what, and what lifts it.
    """
    from syncd.services.claims.claims import held

    shown = run.system.claim_audit(run.system.reconciler).release(claim, run.principal, run.now)
    if shown.status in {ClaimStatus.CLEAR, ClaimStatus.FILED}:
        return _answer(shown)
    refusal = held(shown)
    error = {"code": refusal.code, "message": refusal.message, "details": dict(refusal.details)}
    told = _answer(shown)
    return Output({**told.document, "error": error}, told.picture, ExitCode.REFUSED)


@command(app, "file")
def file(
    run: Run,
    claim: Id,
    number: Annotated[str, typer.Option(metavar="NUMBER", help="The number that the billing system gave it.")],
) -> Output:
    """Note that a clear claim was filed. Its appointment is frozen from then on."""
    from syncd.services.claims.claims import file as file_it

    with run.system.store.transaction() as tx:
        return _answer(file_it(tx, claim, number, run.settings.claims.rules(), run.principal, run.now))


@command(app, "verify")
def verify(
    run: Run, path: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV table or an X12 837P file.")]
) -> Output:
    """Check the dates of service that billing is about to send. The file is only read.

    A table needs a column `appointment` or `claim` and a column `date_of_service`; in an 837P the dates DTP*472 are
    checked under their CLM01. Exits 3 unless every line agrees.

    **Example**

        syncd claim verify outgoing.837 && send-to-payer outgoing.837
    """
    from syncd.presentation.documents.claims import billing_document
    from syncd.services.claims.verify import check_lines, lines_of

    try:
        lines = lines_of(path.read_bytes())
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be read: {error.strerror}", param_hint="FILE") from error
    with run.system.store.reading() as tx:
        result = billing_document(check_lines(tx, lines, run.settings.claims.rules(), run.now))
    columns = ("line", "reference", "given", "verdict", "date_of_service", "status")
    picture = table(result["lines"], columns, empty="The file holds no date of service.")
    return Output(result, picture, ExitCode.DONE if result["ok"] else ExitCode.DRIFT)


def _answer(shown: "ClaimView") -> Output:
    from syncd.presentation.documents.claims import full_claim_document

    document = full_claim_document(shown)
    plain = {key: value for key, value in document.items() if not isinstance(value, list)}
    holds = table(document["holds"], ("code", "since", "message", "lifted_by"), empty="No hold.")
    words: list[Mapping[str, Any]] = document["attestations"]
    attested = table(words, ("at", "date_of_service", "party", "by", "note"), empty="Nothing was attested.")
    return Output(document, stacked(facts(plain), holds, attested))


def _attested(attested: "Attested") -> Output:
    from syncd.presentation.documents.claims import attested_document

    document = attested_document(attested)
    rows = [{**row, "holds": [hold["code"] for hold in row["holds"]]} for row in document["claims"]]
    told = [f"{len(attested.claims)} sessions were attested, {len(attested.waiting)} are still to come."]
    if attested.drift is not None:
        told.append(f"{attested.drift.id} is {attested.drift.status}.")
    told += [f"{refused['appointment']}: {refused['message']}" for refused in document["refused"]]
    picture = stacked(table(rows, COLUMNS, empty="Nothing was attested."), lines(told))
    return Output(document, picture, ExitCode.REFUSED if attested.refused else ExitCode.DONE)
