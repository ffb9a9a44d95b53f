"""Claims: what holds them and since when, and a person's word that lifts it; a billing file checked line by line."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import Response

from syncd.bootstrap import System
from syncd.core.access.permissions import Permission
from syncd.core.claims.claim import ClaimStatus
from syncd.core.claims.holds import HoldCode
from syncd.core.errors import InvalidValueError, SyncdError
from syncd.core.scheduling.people import Party
from syncd.core.wording import counted
from syncd.entrypoints.web.forms import OwnForm
from syncd.entrypoints.web.listing import Asked, Choice
from syncd.entrypoints.web.pages import Told, gone_to, page
from syncd.entrypoints.web.problems import status_of
from syncd.entrypoints.web.visitor import SomeVisitor, TheSystem, Visitor
from syncd.ports.store.audit import AuditQuery
from syncd.ports.store.lists import ClaimFilter, ClaimSort, Part
from syncd.presentation import edits, labels, moments
from syncd.presentation.documents.claims import billing_document
from syncd.presentation.trail import told
from syncd.presentation.wording import for_pages
from syncd.services.claims.attesting import Attested, Word, attest_drift, attest_range
from syncd.services.claims.claims import Attest, ClaimView, attest, view
from syncd.services.claims.verify import check_lines, lines_of

router = APIRouter(include_in_schema=False)

_STATUSES = [
    Choice("waiting", "Held for a person"),
    Choice("all", "All"),
    *(Choice(str(status), label.text) for status, label in labels.CLAIMS.items()),
    Choice("in_drift", "Filed, but in drift"),
]
_LIFTED_BY_A_WORD = frozenset({HoldCode.UNEXPLAINED_EDIT, HoldCode.CALENDAR_GONE, HoldCode.ATTESTED_OTHERWISE})


@router.get("/claims")
def claims(request: Request, system: TheSystem, visitor: SomeVisitor) -> Response:
    """List claims, those first that only a person lifts."""
    asked = Asked(request)
    status = asked.choice("status", "Status", _STATUSES)
    hold = asked.word("hold", "Why held", labels.HOLDS, everything="All")
    since, until = asked.day("since", "From"), asked.day("until", "Until")
    text = asked.text("Search", "provider, client, number or id")
    with system.store.reading() as tx:
        part = asked.part(ClaimSort, ClaimSort.DATE)
        wanted = ClaimFilter(
            status=ClaimStatus(status) if status in set(ClaimStatus) else None,
            for_a_person=status == "waiting",
            in_drift=status == "in_drift",
            hold=hold,
            provider_id=visitor.scope,
            since=since,
            until=until,
            text=text,
        )
        found = tx.lists.claims(wanted, part)
    values: dict[str, Any] = {"view": asked.view(found, part, [ClaimSort.NEWEST]), "why": why_held}
    return page(request, "claims.html", is_wide=True, **values)


def why_held(holds: tuple[str, ...]) -> str:
    """Return in words what holds a claim: the first hold, and how many more there are."""
    if not holds:
        return "an edit was found; it is looked at now"
    more = f", and {len(holds) - 1} more" if len(holds) > 1 else ""
    return f"{labels.HOLDS[HoldCode(holds[0])]}{more}"


@router.get("/claims/attest")
def attest_many_form(request: Request, system: TheSystem, visitor: SomeVisitor) -> Response:
    """Show the form by which many sessions are attested at once."""
    visitor.require(Permission.ATTEST_CLAIM, visitor.scope)
    return _range_page(request, system)


@router.post("/claims/attest", dependencies=[OwnForm])
def attest_many(
    request: Request,
    system: TheSystem,
    visitor: SomeVisitor,
    provider: Annotated[str, Form()] = "",
    since: Annotated[str, Form()] = "",
    until: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
) -> Response:
    """Put on record that a provider's sessions of a range of days took place as planned."""
    visitor.require(Permission.ATTEST_CLAIM, visitor.scope or provider or None)
    asked = {"provider": provider, "since": since, "until": until}
    word = Word(by=_by(visitor), note=note)
    terms, rules = visitor.terms(system, _party(visitor)), system.settings.claims.rules()
    try:
        days = (_date(since, "The first day"), _date(until, "The last day"))
        attested = attest_range(system.store, visitor.scope or provider, days, word, terms, rules)
    except SyncdError as error:
        return _range_page(request, system, status=status_of(error), problem=for_pages(error.message), asked=asked)
    return gone_to(request, "/claims", _attested(attested))


def _range_page(
    request: Request, system: System, *, status: int = 200, problem: str = "", asked: dict[str, str] | None = None
) -> Response:
    with system.store.reading() as tx:
        providers = tx.lists.providers(None, Part(size=100, counted=False)).rows
    values: dict[str, Any] = {"providers": providers, "asked": asked or {"provider": "", "since": "", "until": ""}}
    return page(request, "claims_attest.html", status=status, problem=problem, **values)


@router.get("/claims/verify")
def verify_form(request: Request, visitor: SomeVisitor) -> Response:
    """Show the form by which a billing file is checked."""
    visitor.require(Permission.MANAGE_CLAIMS)
    return page(request, "claims_verify.html", result=None, name="")


@router.post("/claims/verify", dependencies=[OwnForm])
def verify(
    request: Request, system: TheSystem, visitor: SomeVisitor, file: Annotated[UploadFile | None, File()] = None
) -> Response:
    """Check the dates of service that billing is about to send; the file is only read."""
    visitor.require(Permission.MANAGE_CLAIMS)
    result, problem, status = None, "", 200
    try:
        lines = lines_of(file.file.read() if file else b"")
        with system.store.reading() as tx:
            checked = check_lines(tx, lines, system.settings.claims.rules(), visitor.now)
        result = billing_document(checked)
    except SyncdError as error:
        problem, status = for_pages(error.message), status_of(error)
    values: dict[str, Any] = {"result": result, "name": (file and file.filename) or "the file"}
    return page(request, "claims_verify.html", status=status, problem=problem, **values)


@router.get("/claims/{ref}")
def claim(request: Request, system: TheSystem, visitor: SomeVisitor, ref: str) -> Response:
    """Show a claim: each hold with why, since when, and what lifts it."""
    return _shown(request, system, visitor, ref)


@router.post("/claims/{ref}/attest", dependencies=[OwnForm])
def attest_one(
    request: Request,
    system: TheSystem,
    visitor: SomeVisitor,
    ref: str,
    day: Annotated[str, Form()] = "",
    other: Annotated[str, Form()] = "",
    by: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    confirmed: Annotated[str, Form()] = "",
) -> Response:
    """Put on record on which date a session took place; another date than the record's is confirmed first."""
    shown = _require(system, visitor, ref, Permission.ATTEST_CLAIM)
    try:
        on = _date(other if day == "other" else day, "The date")
        if on != shown.claim.date_of_service and not confirmed:
            values: dict[str, Any] = {"shown": shown, "on": on, "by": by, "note": note}
            return page(request, "claim_confirm.html", **values)
        who = Party.PROVIDER.value if visitor.scope else by.strip() or _by(visitor)
        terms = visitor.terms(system, _party(visitor))
        with system.store.transaction() as tx:
            asked = Attest(ref=shown.claim.id, date_of_service=on, by=who, note=note)
            attest(tx, asked, terms, system.settings.claims.rules())
    except SyncdError as error:
        return _shown(request, system, visitor, ref, status=status_of(error), problem=for_pages(error.message))
    return gone_to(request, f"/claims/{ref}", f"On record: the session took place on {moments.day(on)}.")


@router.post("/claims/{ref}/release", dependencies=[OwnForm])
def release(request: Request, system: TheSystem, visitor: SomeVisitor, ref: str) -> Response:
    """Look at the session's calendars now, and free the claim if nothing holds it."""
    _require(system, visitor, ref, Permission.MANAGE_CLAIMS)
    try:
        shown = system.claim_audit(system.reconciler).release(ref, visitor.principal, visitor.now)
    except SyncdError as error:
        return _shown(request, system, visitor, ref, status=status_of(error), problem=for_pages(error.message))
    if shown.status in {ClaimStatus.CLEAR, ClaimStatus.FILED}:
        return gone_to(request, f"/claims/{ref}", "Looked just now: nothing holds it.")
    return gone_to(request, f"/claims/{ref}", Told("Looked just now: it is held still, as shown here.", "warn"))


@router.post("/claims/by-edit/{drift_id}/attest", dependencies=[OwnForm])
def attest_edit(
    request: Request, system: TheSystem, visitor: SomeVisitor, drift_id: str, note: Annotated[str, Form()] = ""
) -> Response:
    """Put on record that all sessions that an edit is about took place as planned."""
    with system.store.reading() as tx:
        known = tx.drifts.get(drift_id)
    visitor.require(Permission.ATTEST_CLAIM, known.provider_id)
    terms, rules = visitor.terms(system, _party(visitor)), system.settings.claims.rules()
    attested = attest_drift(system.store, drift_id, Word(by=_by(visitor), note=note), terms, rules)
    return gone_to(request, f"/drifts/{drift_id}", _attested(attested))


def _attested(attested: Attested) -> Told:
    told_ = f"{counted(len(attested.claims), 'session')} attested as planned."
    if attested.waiting:
        told_ += f" {len(attested.waiting)} still to come."
    if attested.refused:
        return Told(f"{told_} {len(attested.refused)} refused: {for_pages(attested.refused[0][1].message)}", "warn")
    return Told(told_)


def _shown(
    request: Request, system: System, visitor: Visitor, ref: str, *, status: int = 200, problem: str = ""
) -> Response:
    with system.store.reading() as tx:
        shown = view(tx, ref, system.settings.claims.rules(), visitor.now)
        one = shown.evidence.appointment
        visitor.check_sees(one.provider_id)
        names = tx.lists.names([one.provider_id, one.client_id])
        audit = tx.lists.audit(AuditQuery(subject=shown.claim.id), Part(size=50, counted=False)).rows
    drifts = list(shown.evidence.drifts)
    edited = [dates[1] for drift in drifts if (dates := edits.claim_dates(drift, one.start))]
    values: dict[str, Any] = {
        "shown": shown,
        "one": one,
        "provider": names.get(one.provider_id, ""),
        "client": names.get(one.client_id, ""),
        "holds": [_hold(shown, code) for code in dict.fromkeys(hold.code for hold in shown.holds)],
        "edited": list(dict.fromkeys(edited)),
        "drifts": [(drift, edits.headline(names.get(drift.provider_id, ""), drift)) for drift in drifts],
        "may_attest": visitor.may("attest_claim", one.provider_id) and one.end <= visitor.now,
        "may_release": visitor.may("manage_claims"),
        "history": [told(line.link.record, line.provider, line.start) for line in audit],
    }
    return page(request, "claim.html", status=status, problem=problem, **values)


def _hold(shown: ClaimView, code: HoldCode) -> dict[str, Any]:
    """Return one hold: why, since when, whether it lifts itself, and the edit that a decision on lifts it."""
    hold = next(hold for hold in shown.holds if hold.code is code)
    drift = next((one for one in shown.evidence.drifts if one.status == "open"), None)
    stopped = any(not state.is_worked for state in shown.evidence.trouble)
    return {
        "code": str(code),
        "text": labels.HOLDS[code],
        "message": for_pages(hold.message),
        "since": hold.since,
        "by_itself": code in labels.BY_ITSELF and not stopped,
        "by_a_word": code in _LIFTED_BY_A_WORD,
        "drift": drift.id if drift and code is HoldCode.OPEN_DRIFT else None,
        "stopped": stopped and code is HoldCode.NOT_OBSERVED,
    }


def _require(system: System, visitor: Visitor, ref: str, act: Permission) -> ClaimView:
    """Return a claim about which the visitor may do that."""
    with system.store.reading() as tx:
        shown = view(tx, ref, system.settings.claims.rules(), visitor.now)
    own = shown.evidence.appointment.provider_id
    visitor.check_sees(own)
    visitor.require(act, own)
    return shown


def _date(text: str, what: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidValueError(f"{what} is missing: choose one, or type it as 2026-12-01.") from error


def _by(visitor: Visitor) -> str:
    """Return who says so: the provider themselves, or the practice's admin."""
    return Party.PROVIDER.value if visitor.scope is not None else Party.ADMIN.value


def _party(visitor: Visitor) -> Party:
    return Party.PROVIDER if visitor.scope is not None else Party.ADMIN
