"""Commands about what somebody should act on."""

from typing import TYPE_CHECKING

import typer

from syncd.entrypoints.cli.frame import Output, Run, command
from syncd.entrypoints.cli.tables import Column, table

if TYPE_CHECKING:
    from syncd.core.reporting.alerts import Alert

app = typer.Typer(no_args_is_help=True, help="What somebody should act on: since when, why, and what to do.")

COLUMNS = (Column("code"), Column("subject"), Column("since"), Column("cause"), Column("remedy"))


@command(app, "list")
def list_(run: Run) -> Output:
    """List what somebody should act on now, the gravest first; nothing listed means that nobody has to act."""
    from syncd.presentation.documents.standing import alert_document
    from syncd.services.reporting.alerts import alerts

    with run.store.reading() as tx:
        found = alerts(tx, run.now, run.objectives)
    document = {"alerts": [alert_document(alert) for alert in found]}
    return Output(document, table(map(_row, found), COLUMNS, empty="Nobody has to act."))


def _row(alert: "Alert") -> dict[str, str]:
    from syncd.presentation.dates import minute

    return {
        "code": alert.code,
        "subject": alert.subject,
        "since": f"{minute(alert.since, 'UTC')} UTC" if alert.since else "not known",
        "cause": alert.cause,
        "remedy": alert.remedy,
    }
