"""Commands about the key that seals passwords."""

import typer

from syncd.entrypoints.cli.frame import Output, Run, command, lines
from syncd.entrypoints.cli.tables import facts

app = typer.Typer(no_args_is_help=True, help="The key that seals the passwords of calendars.")


@command(app, "new")
def new(run: Run) -> Output:  # noqa: ARG001 - every command gets one
    """Print a new key: for a file that systemd or a container engine hands over. Elsewhere `syncd init` makes one.

    **Example**

        (umask 077; syncd key new > /etc/syncd/syncd.key)
    """
    from syncd.adapters.db.vault import new_key

    key = new_key()
    return Output({"key": key}, lines([key]), text=f"{key}\n")


@command(app, "rotate")
def rotate(run: Run) -> Output:
    """Make a new key and seal every password with it. syncd may go on running.

    The new key is put before the old ones in the key's file. Keep the old ones there: links in mails that were sent
    depend on the oldest. Back the file up afterwards.
    """
    from syncd.bootstrap.keys import put_new_key_first
    from syncd.services.upkeep.keys import reseal_all

    path = put_new_key_first(run.settings)
    resealed = reseal_all(run.system.store, run.system.vault, run.principal, run.now)
    document = {"key": path, "resealed": resealed}
    return Output(document, facts(document))


@command(app, "reseal")
def reseal(run: Run) -> Output:
    """Seal every password with the newest key: after a new one was put before the old one by hand."""
    from syncd.services.upkeep.keys import reseal_all

    document = {"resealed": reseal_all(run.system.store, run.system.vault, run.principal, run.now)}
    return Output(document, facts(document))
