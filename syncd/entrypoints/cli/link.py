"""Commands about the links in mails."""

from typing import Annotated

import typer

from syncd.entrypoints.cli.frame import Output, Run, command
from syncd.entrypoints.cli.tables import facts

app = typer.Typer(no_args_is_help=True, help="The signed links in mails.")


@command(app, "revoke")
def revoke(
    run: Run,
    appointment: Annotated[str, typer.Argument(metavar="ID", help="The appointment that the links are about.")],
) -> Output:
    """Make every link about an appointment void that was mailed until now.

    **Example**

        syncd link revoke apt-7m2k9qf3x1
    """
    from syncd.services.messaging.links import revoke as make_void

    make_void(run.system.store, appointment, run.principal, run.now)
    document = {"appointment": appointment, "revoked_until": run.now.isoformat()}
    return Output(document, facts(document))
