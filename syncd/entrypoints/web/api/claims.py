"""Claims: the gate for billing, what holds them, a person's word, filing, and the check of a billing file."""

from typing import Annotated

from fastapi import Body, Query
from fastapi.responses import Response
from pydantic import Field

from syncd.core.access.permissions import Permission
from syncd.core.claims.claim import ClaimStatus
from syncd.core.claims.holds import HoldCode
from syncd.entrypoints.web.api.answering import listed_rows, part_of, shown
from syncd.entrypoints.web.api.caller import Billing, BillingReader, Caller, Writer, as_if_none
from syncd.entrypoints.web.api.route import router
from syncd.entrypoints.web.api.shapes import claims as shapes
from syncd.entrypoints.web.api.values import REF, Day, Paged
from syncd.ports.store.lists import ClaimFilter, ClaimSort
from syncd.presentation.documents.claims import (
    attested_document,
    billing_document,
    claim_document,
    full_claim_document,
)
from syncd.services.claims.attesting import Word, attest_drift, attest_range
from syncd.services.claims.claims import Attest, ClaimView, attest, file, held, view, views_of
from syncd.services.claims.verify import check_lines, lines_of

routes = router("claims")


class Wanted(Paged):
    """Which claims."""

    status: Annotated[ClaimStatus | None, Field(description="only those that were found so at the last look")] = None
    hold: Annotated[HoldCode | None, Field(description="only those that this holds")] = None
    provider: Annotated[str | None, Field(max_length=320, description="only this provider's")] = None
    since: Annotated[Day | None, Field(description="only those with this date of service or a later one")] = None
    until: Annotated[Day | None, Field(description="only those with this date of service or an earlier one")] = None
    search: Annotated[str | None, Field(max_length=100, description="in a name, the number or an id")] = None
    sort: ClaimSort = ClaimSort.DATE


@routes.get("/claims", response_model=shapes.Claims)
def list_claims(caller: BillingReader, asked: Annotated[Wanted, Query()]) -> Response:
    """List claims by date of service, each as it stands now."""
    system = caller.system
    with system.store.reading() as tx:
        wanted = ClaimFilter(
            status=asked.status,
            hold=asked.hold,
            provider_id=caller.whose(tx, asked.provider),
            since=asked.since,
            until=asked.until,
            text=asked.search,
        )
        found = tx.lists.claims(wanted, part_of(asked, asked.sort))
        views = views_of(tx, [row.claim for row in found.rows], system.settings.claims.rules(), caller.now)
    by_id = {one.claim.id: claim_document(one) for one in views}
    return listed_rows("claims", [by_id[row.claim.id] for row in found.rows], found.next)


@routes.post("/claims/attest", response_model=shapes.AttestedClaims)
def attest_claims(caller: Writer, asked: shapes.ManyWords) -> Response:
    """Put on record when several sessions took place: all of a drift, or a provider's of a range of dates."""
    word = Word(by=asked.by or str(caller.party), date_of_service=asked.date, note=asked.note)
    store, terms, rules = caller.system.store, caller.terms(), caller.system.settings.claims.rules()
    if asked.drift is not None:
        with store.reading() as tx, as_if_none(f"No drift {asked.drift!r}."):
            of_whom = tx.drifts.get(asked.drift).provider_id
            caller.check_sees(of_whom)
        caller.require(Permission.ATTEST_CLAIM, of_whom)
        attested = attest_drift(store, asked.drift, word, terms, rules)
    else:
        with store.reading() as tx:
            own = str(caller.whose(tx, asked.provider))
        caller.require(Permission.ATTEST_CLAIM, own)
        days = (asked.from_ or caller.now.date(), asked.until or caller.now.date())
        attested = attest_range(store, own, days, word, terms, rules)
    keys = ("drift", "drift_status", "claims", "waiting", "refused")
    document = attested_document(attested)
    return shown({key: document[key] for key in keys})


@routes.post("/claims/verify", response_model=shapes.BillingCheck)
def verify_billing_file(
    caller: Billing,
    content: Annotated[bytes, Body(media_type="text/plain", description="a CSV table or an X12 837P file")] = b"",
) -> Response:
    """Check the dates of service that billing is about to send."""
    caller.require(Permission.MANAGE_CLAIMS)
    lines = lines_of(content)
    with caller.system.store.reading() as tx:
        checked = check_lines(tx, lines, caller.system.settings.claims.rules(), caller.now)
        return shown(billing_document(checked))


@routes.get("/claims/{ref}", response_model=shapes.FullClaim)
def show_claim(caller: BillingReader, ref: REF) -> Response:
    """Tell whether a claim may be filed: by its id, its number, or its appointment's id.

    The gate for billing: file it while ``status`` is ``clear``, and only then.
    """
    return shown(full_claim_document(_seen(caller, ref)))


@routes.post("/claims/{ref}/attest", response_model=shapes.FullClaim)
def attest_claim(caller: Writer, ref: REF, asked: shapes.Word) -> Response:
    """Put on record on which date a session took place. Another date reschedules the appointment first."""
    known = _changed(caller, ref, Permission.ATTEST_CLAIM)
    word = Attest(
        ref=known.claim.id,
        date_of_service=asked.date or known.claim.date_of_service,
        by=asked.by or str(caller.party),
        note=asked.note,
    )
    with caller.system.store.transaction() as tx:
        return shown(full_claim_document(attest(tx, word, caller.terms(), caller.system.settings.claims.rules())))


@routes.post("/claims/{ref}/release", response_model=shapes.FullClaim)
def release_claim(caller: Writer, ref: REF) -> Response:
    """Look at the session's calendar now, and clear the claim if nothing holds it; refused where something does."""
    claim = _changed(caller, ref, Permission.MANAGE_CLAIMS).claim
    system = caller.system
    after = system.claim_audit(system.reconciler).release(claim.id, caller.principal, caller.now)
    if after.status not in {ClaimStatus.CLEAR, ClaimStatus.FILED}:
        raise held(after)
    return shown(full_claim_document(after))


@routes.post("/claims/{ref}/file", response_model=shapes.FullClaim)
def file_claim(caller: Billing, ref: REF, asked: shapes.Filing) -> Response:
    """Note that a clear claim was filed. Its appointment is frozen from then on."""
    claim, rules = _changed(caller, ref, Permission.MANAGE_CLAIMS).claim, caller.system.settings.claims.rules()
    with caller.system.store.transaction() as tx:
        return shown(full_claim_document(file(tx, claim.id, asked.number, rules, caller.principal, caller.now)))


def _seen(caller: Caller, ref: str) -> ClaimView:
    """Return a claim that the caller sees; another provider's is as if there were none."""
    with caller.system.store.reading() as tx, as_if_none(f"No claim {ref!r}."):
        found = view(tx, ref, caller.system.settings.claims.rules(), caller.now)
        caller.check_sees(found.evidence.appointment.provider_id)
    return found


def _changed(caller: Caller, ref: str, act: Permission) -> ClaimView:
    found = _seen(caller, ref)
    caller.require(act, found.evidence.appointment.provider_id)
    return found
