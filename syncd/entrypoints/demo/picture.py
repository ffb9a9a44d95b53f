"""The demo's last page: who edited what, what was made of it, and what the claim would have said."""

from typing import TYPE_CHECKING

from syncd.entrypoints.demo.story import FOLDER, Outcome, Result

if TYPE_CHECKING:
    from rich.console import RenderableType

_DONE = {
    "reverted": ("put back", "green"),
    "open": ("waits for a decision", "magenta"),
    "ignored": ("kept, on record", "dim"),
}


def picture(result: Result) -> "RenderableType":
    """Draw the outcome of every edit."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    drawn = Table(title="What syncd made of it", title_justify="left", header_style="bold")
    for column in ("provider", "in their calendar app", "found", "claim's date of service", "done"):
        drawn.add_column(column, overflow="fold")
    for outcome in result.outcomes:
        word, style = _done(outcome)
        drawn.add_row(outcome.who, outcome.words, _found(outcome), _claim(outcome), Text(word, style=style))
    return Group("", drawn, Text(_sums(result)), Text("\n".join(("", *look_at_it(result)))))


def look_at_it(result: Result) -> list[str]:
    """Return the commands with which the demo's practice can be looked at."""
    here = f"SYNCD_DATABASE__URL=sqlite:///{FOLDER}/syncd.db SYNCD_SECURITY__KEY_FILE={FOLDER}/secret.key"
    waiting = next((drift.id for drift in result.drifts if drift.status == "open"), "ID")
    return [
        "Look at it yourself:",
        f"  export {here}",
        "  syncd status",
        "  syncd drift list",
        f"  syncd drift show {waiting}",
        "  syncd claim list --status held",
        "  syncd appointment list",
        f"  less {FOLDER}/mail/*.eml",
    ]


def _found(outcome: Outcome) -> str:
    return ", ".join(outcome.drift.kinds) if outcome.drift else "nothing of the practice's"


def _claim(outcome: Outcome) -> str:
    if outcome.drift is None or not outcome.drift.claim_date_changes:
        return "unaffected"
    dates = [(f.published[:10], f.observed[:10]) for f in outcome.drift.findings if f.published and f.observed]
    return ", ".join(f"{true}, would have been {wrong}" for true, wrong in dates if true != wrong)


def _done(outcome: Outcome) -> tuple[str, str]:
    return _DONE[outcome.drift.status] if outcome.drift else ("left as it is", "dim")


def _sums(result: Result) -> str:
    sums = result.document()
    own = sum(outcome.drift is None for outcome in result.outcomes)
    return (
        f"\n{sums['published']} events published, {len(sums['drifts'])} drifts: {sums['reverted']} put back, "
        f"{sums['flagged']} flagged, {sums['ignored']} kept as written. "
        f"{own} edits were the providers' own to make and stay."
    )
