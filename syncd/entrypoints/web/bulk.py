"""One decision on many edits: first what it would do to each, then, once confirmed, each decided as if alone."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple
from urllib.parse import parse_qsl

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from syncd.bootstrap import System
from syncd.core.access.permissions import Permission
from syncd.core.errors import SyncdError
from syncd.core.scheduling.people import Party
from syncd.core.sync.drift import DriftStatus
from syncd.entrypoints.web.drift_words import change_said
from syncd.entrypoints.web.drifts import MOST_AT_ONCE, drift_filter
from syncd.entrypoints.web.forms import OwnForm
from syncd.entrypoints.web.listing import Asked
from syncd.entrypoints.web.pages import Told, gone_to, page
from syncd.entrypoints.web.visitor import SomeVisitor, TheSystem, Visitor
from syncd.ports.store.lists import DriftFilter, DriftRow, Part
from syncd.presentation.edits import headline
from syncd.presentation.wording import for_pages
from syncd.services.decisions.drifts import Decisions
from syncd.services.decisions.options import Decision, Option, options

router = APIRouter(include_in_schema=False)

_NAMES = {Decision.REVERT: "Put back", Decision.ACCEPT: "Take over", Decision.DISMISS: "Leave as written"}
_DONE = {Decision.REVERT: "put back", Decision.ACCEPT: "taken over", Decision.DISMISS: "left as written"}


class Planned(NamedTuple):
    """One edit and what the decision would do to it."""

    row: DriftRow
    headline: str
    option: Option
    effects: tuple[str, ...]


class Outcome(NamedTuple):
    """One edit and what became of it; ``why_not`` is empty where the decision was carried out."""

    row: DriftRow
    headline: str
    why_not: str


@router.post("/drifts/bulk", dependencies=[OwnForm])
def plan(
    request: Request,
    system: TheSystem,
    visitor: SomeVisitor,
    decision: Annotated[Decision, Form()],
    drift: Annotated[list[str] | None, Form()] = None,
    everything: Annotated[str, Form()] = "",
    query: Annotated[str, Form()] = "",
) -> Response:
    """Show what a decision would do to each edit that was chosen; nothing is changed."""
    _require(visitor)
    wanted = DriftFilter(ids=drift or [], status=DriftStatus.OPEN)
    if everything:
        asked = Asked(request, params=dict(parse_qsl(query)))
        wanted = drift_filter(asked, visitor.scope, visitor.now, {})
    rows = _rows(system, wanted)
    if not rows:
        return gone_to(request, "/drifts", Told("Choose the edits first, then what is to be done.", "warn"))
    planned = [_planned(system, visitor, row, decision) for row in rows]
    possible = [one for one in planned if one.option.allowed and not one.option.overlap]
    messages = [message for one in possible if one.option.foreseen for message in one.option.foreseen.messages]
    reasons = Counter(_why_not(one.option) for one in planned if one not in possible)
    values: dict[str, Any] = {
        "decision": decision,
        "name": _NAMES[decision],
        "possible": possible,
        "reasons": reasons.most_common(),
        "mails": len(messages),
        "clients": len({message.recipient for message in messages if message.party == Party.CLIENT}),
        "most": MOST_AT_ONCE,
    }
    return page(request, "bulk.html", is_wide=True, **values)


@router.post("/drifts/bulk/go", dependencies=[OwnForm])
def go(
    request: Request,
    system: TheSystem,
    visitor: SomeVisitor,
    decision: Annotated[Decision, Form()],
    drift: Annotated[list[str], Form()],
    note: Annotated[str, Form()] = "",
) -> Response:
    """Carry a decision out on each edit, one after the other; one that is refused keeps no other from it."""
    _require(visitor)
    rows = _rows(system, DriftFilter(ids=drift[:MOST_AT_ONCE]))
    outcomes = [
        Outcome(row, headline(row.provider, row.drift), _decide(system, visitor, row.drift.id, decision, note))
        for row in rows
    ]
    done = [one for one in outcomes if not one.why_not]
    values: dict[str, Any] = {
        "done": done,
        "refused": [one for one in outcomes if one.why_not],
        "said": _DONE[decision],
    }
    return page(request, "bulk_done.html", **values)


@router.get("/drifts/bulk")
def nothing_chosen() -> Response:
    """Lead back to the list: what was chosen is not kept."""
    return RedirectResponse("/drifts", 303)


def _require(visitor: Visitor) -> None:
    """Raise `NotPermittedError` unless the visitor decides on everybody's edits."""
    visitor.require(Permission.DECIDE_DRIFT)


def _rows(system: System, wanted: DriftFilter) -> Sequence[DriftRow]:
    with system.store.reading() as tx:
        return tx.lists.drifts(wanted, Part(size=MOST_AT_ONCE, counted=False)).rows


def _planned(system: System, visitor: Visitor, row: DriftRow, decision: Decision) -> Planned:
    known = options(system.store, row.drift, visitor.terms(system, Party.PROVIDER))
    gone = Option(decision, f"It was decided already: {row.drift.status}.")
    option = next((one for one in known if one.decision is decision), gone)
    effects = tuple(change_said(step) for step in option.foreseen.steps[:3]) if option.foreseen else ()
    return Planned(row, headline(row.provider, row.drift), option, effects)


def _why_not(option: Option) -> str:
    if option.overlap:
        return "The client has another session at that time: decide on it alone."
    return for_pages(option.why_not)


def _decide(system: System, visitor: Visitor, drift_id: str, decision: Decision, note: str) -> str:
    """Decide on one edit; return why it was refused, "" where it was done."""
    decisions = Decisions(system.reconciler)
    party = Party.PROVIDER if decision is Decision.ACCEPT else Party.ADMIN
    terms = visitor.terms(system, party)
    try:
        match decision:
            case Decision.REVERT:
                decisions.revert(drift_id, terms, note)
            case Decision.ACCEPT:
                decisions.accept(drift_id, terms, note)
            case Decision.DISMISS:
                decisions.dismiss(drift_id, terms, note)
    except SyncdError as error:
        return for_pages(error.message)
    return ""
