"""Commands about what somebody should act on."""

from typing import TYPE_CHECKING

import typer

from syncd.entrypoints.cli.frame import ExitCode, Output, Run, command
from syncd.entrypoints.cli.tables import Column, table

if TYPE_CHECKING:
    from syncd.core.reporting.alerts import Alert

app = typer.Typer(no_args_is_help=True, help="What somebody should act on: since when, why, and what to do.")

COLUMNS = (
    Column("severity"),
    Column("code"),
    Column("subject"),
    Column("since"),
    Column("cause"),
    Column("remedy"),
)


@command(app, "list")
def list_(run: Run) -> Output:
    """List what somebody should act on now, the gravest first; nothing listed means that nobody has to act."""
    from syncd.presentation.documents.standing import alert_document
    from syncd.services.reporting.alerts import alerts

    with run.store.reading() as tx:
        found = alerts(tx, run.now, run.objectives)
    document = {"alerts": [alert_document(alert, run.system.console) for alert in found]}
    return Output(document, table(map(_row, found), COLUMNS, empty="Nobody has to act."))


@command(app, "test")
def test(run: Run) -> Output:
    """Send a test over each way by which alerts leave, and say what happened; exits 1 where one failed.

    Each address of `alerts.mail` (or each admin) gets a mail, the webhook a signed post, the ping a request.
    """
    from syncd.presentation.documents.alerting import tried_document

    alert, tried = run.system.alerting.notices.try_all(run.principal, run.now)
    document = tried_document(alert, tried, run.system.console)
    rows = [{"": "ok" if one.ok else "FAILED", "channel": one.channel, "happened": one.message} for one in tried]
    code = ExitCode.DONE if document["ok"] else ExitCode.REFUSED
    return Output(document, table(rows, ("", "channel", "happened"), empty=""), code)


def _row(alert: "Alert") -> dict[str, str]:
    from syncd.presentation.dates import minute

    return {
        "severity": str(alert.severity),
        "code": alert.code,
        "subject": alert.subject,
        "since": f"{minute(alert.since, 'UTC')} UTC" if alert.since else "not known",
        "cause": alert.cause,
        "remedy": alert.remedy,
    }
