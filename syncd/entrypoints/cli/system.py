"""Commands about the installation itself: init, check, status, run."""

import typer

from syncd.entrypoints.cli.frame import Answer, Run, command
from syncd.entrypoints.cli.tables import facts


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""

    @command(app, "init")
    def init(run: Run) -> Answer:
        """Create or upgrade the database and the key that seals passwords. Safe to repeat.

        **Example**

            syncd init --config /etc/syncd/syncd.toml
        """
        from syncd.bootstrap import initialise

        document = initialise(run.settings)
        return Answer(document, facts(document))
