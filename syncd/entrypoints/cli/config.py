"""Commands about the settings."""

from typing import Any

import typer

from syncd.entrypoints.cli.frame import ExitCode, Output, Run, command, lines
from syncd.entrypoints.cli.tables import Column, stacked, table

app = typer.Typer(
    no_args_is_help=True, help="The settings: what they are, where each comes from, and what is wrong with them."
)


@command(app, "show")
def show(run: Run) -> Output:
    """Show every setting, its value and where that was set: a variable, the file, or nowhere (default).

    Secrets are not shown.
    """
    from syncd.settings.loading import explained

    rows = [setting._asdict() for setting in explained(run.options.config)]
    told = [{**row, "value": _told(row["value"])} for row in rows]
    return Output({"settings": rows}, table(told, (Column("key"), Column("value"), Column("source")), empty=""))


@command(app, "check")
def check(run: Run) -> Output:
    """Read the settings and say all that is wrong with them, each with its place and what is allowed.

    Exits 2 when something is wrong. Neither the database nor a server is asked; for that see: syncd check
    """
    from syncd.ports.errors import ConfigurationError
    from syncd.settings.loading import load, problems_of

    try:
        load(run.options.config)
    except ConfigurationError as error:
        problems = list(problems_of(error))
        document = {"ok": False, "problems": problems}
        told = [lines([f"{one['message']}"]) for one in problems]
        return Output(document, stacked(*told), ExitCode.USAGE)
    return Output({"ok": True, "problems": []}, lines(["Every setting is known and has an allowed value."]))


@command(app, "schema")
def schema(_run: Run) -> Output:
    """Print the JSON schema of the configuration file, by which an editor completes and checks what is typed.

    **Example**

        syncd config schema > syncd.schema.json
    """
    import json

    from syncd.settings.schema import file_schema

    found = file_schema()
    return Output(found, lines([json.dumps(found, indent=2, ensure_ascii=False)]))


def _told(value: Any) -> str:
    match value:
        case None:
            return "(none)"
        case bool():
            return "true" if value else "false"
        case list():
            return (
                f"({len(value)} entries)" if any(isinstance(one, dict) for one in value) else ", ".join(map(str, value))
            )
        case _:
            return str(value)
