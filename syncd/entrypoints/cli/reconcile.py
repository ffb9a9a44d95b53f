"""The command that runs one cycle now, or shows what it would do."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncd.entrypoints.cli.frame import ExitCode, Output, Run, command
from syncd.entrypoints.cli.tables import clean

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

SIGNS = {
    "create": ("+", "green"),
    "update": ("~", "yellow"),
    "delete": ("-", "red"),
    "revert": ("↺", "yellow"),
    "flag": ("!", "magenta"),
    "wait": ("?", "magenta"),
    "ignore": ("·", "dim"),
    "adopt": ("=", "dim"),
    "forget": ("x", "dim"),
}
"""How the plan's actions look: a sign and a colour each."""


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    command(app, "reconcile")(reconcile)


def reconcile(
    run: Run,
    calendar: Annotated[str | None, typer.Option("--calendar", metavar="ID", help="Only this calendar.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing anywhere; show the plan.")] = False,
    plan: Annotated[
        str | None, typer.Option("--plan", metavar="ID", help="Carry out the plan that --dry-run showed, or nothing.")
    ] = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 3 when there is drift.")] = False,
) -> Output:
    """Run one cycle now over all calendars, due or not: observe, decide, put right or flag.

    **Examples**

        syncd reconcile --dry-run

        syncd reconcile --plan 3f9a0c1be27d

        syncd reconcile --calendar cal-7m2k9qf3x1 --exit-code
    """
    if plan is not None and dry_run:
        raise typer.BadParameter("give --dry-run or --plan, one of them", param_hint="--plan")
    from syncd.presentation.documents.plans import round_document
    from syncd.services.sync.rounds import run_round

    done = run_round(run.system.reconciler, run.now, calendar, dry_run=dry_run, only_plan=plan)
    document = round_document(done)
    code = ExitCode.DRIFT if exit_code and done.found_drift else ExitCode.DONE
    return Output(document, lambda: picture(document), ExitCode.REFUSED if done.errors else code)


def picture(document: Mapping[str, Any]) -> "RenderableType":
    """Draw a round for a person: the plan of a dry run, what was found, what could not be done, and the sums."""
    from rich.text import Text

    told = Text()
    for plan in document.get("plan", ()):
        _draw_plan(told, plan)
    if not document["dry_run"]:
        _draw_drifts(told, document["drifts"])
    for error in document["errors"]:
        told.append(f"{error['calendar']}: {error['message']}\n", style="red")
    told.append(_sums(document))
    return told


def _draw_plan(told: "Text", plan: Mapping[str, Any]) -> None:
    if not plan["actions"]:
        return
    withheld = any(action["withheld"] for action in plan["actions"])
    mode = f" {plan['mode']}: nothing of this is written there" if withheld else ""
    told.append(f"{plan['calendar']} (plan {plan['id']}){mode}\n", style="bold")
    for action in plan["actions"]:
        sign, style = SIGNS[action["action"]]
        until = f"  at {action['until']}" if action["until"] else ""
        told.append(f"  {sign} {action['action']:<9}{action['source']}  {action['start'] or ''}{until}\n", style=style)
        _draw_changes(told, action["changes"])
    told.append("\n")


def _draw_drifts(told: "Text", drifts: Iterable[Mapping[str, Any]]) -> None:
    for drift in drifts:
        told.append(f"{drift['id']} {drift['status']}: {', '.join(drift['kinds'])}", style="bold")
        told.append(f"  {drift['appointment']} in {drift['calendar']}\n")
        _draw_changes(told, drift["findings"])


def _draw_changes(told: "Text", findings: Iterable[Mapping[str, Any]]) -> None:
    for finding in findings:
        instance = f" of {finding['recurrence_id']}" if finding["recurrence_id"] else ""
        told.append(f"      {finding['field']}{instance}: ")
        told.append(_value(finding["published"]), style="red")
        told.append(" → ")
        told.append(f"{_value(finding['observed'])}\n", style="green")


def _value(value: str | None) -> str:
    return clean(value).replace("\n", " ") if value else "(nothing)"


def _sums(document: Mapping[str, Any]) -> str:
    names = ["published", "updated", "withdrawn", "reverted", "flagged", "ignored", "unchanged"]
    if document["withheld"]:
        names.append("withheld")
    sums = ", ".join(f"{document[name]} {name}" for name in names)
    head = "Would be" if document["dry_run"] else "Done"
    return f"{head}: {sums} (calendars: {document['calendars']}, requests: {document['requests']})."
