"""Claims: whether they may be filed, what holds them, and what is said about them."""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from syncd.core.claims.billing import Verdict
from syncd.core.claims.claim import ClaimStatus
from syncd.core.claims.holds import HoldCode
from syncd.core.sync.drift import DriftStatus
from syncd.entrypoints.web.api.shapes import (
    AppointmentId,
    ClaimId,
    DateText,
    DriftId,
    MomentText,
    Next,
    ProviderId,
    Shape,
    example,
)
from syncd.entrypoints.web.api.values import Day, Given, Note, Ref, Truth

_EXAMPLE: dict[str, Any] = {
    "id": "clm-8w2y4u6e1a",
    "appointment": "apt-7m2k9qf3x1",
    "provider": "prv-4h8d2n6c1w",
    "date_of_service": "2026-12-01",
    "status": "clear",
    "holds": [],
    "confirmed_at": "2026-12-01T16:00:02+00:00",
    "number": None,
    "filed_at": None,
}


class Hold(Shape):
    """What holds a claim, since when, and what lifts it."""

    code: HoldCode
    message: str
    since: MomentText
    lifted_by: str


class Claim(Shape):
    """A claim as it stands now. It may be filed while ``status`` is ``clear``, and only then."""

    model_config = example(**_EXAMPLE)

    id: ClaimId
    appointment: AppointmentId
    provider: ProviderId
    date_of_service: DateText
    status: ClaimStatus
    holds: list[Hold]
    confirmed_at: MomentText | None
    number: str | None
    filed_at: MomentText | None


class Claims(Shape):
    """A part of the list of claims."""

    claims: list[Claim]
    next: Next


class Attestation(Shape):
    """A person's word on when a session took place."""

    at: MomentText
    date_of_service: DateText
    party: str
    by: str
    actor: str
    note: str


class FullClaim(Claim):
    """A claim with what was attested about it, oldest first."""

    model_config = example(**_EXAMPLE, attestations=[])

    attestations: list[Attestation]


class Refused(Shape):
    """A session of which a word could not be put on record."""

    appointment: AppointmentId
    code: str
    message: str


class AttestedClaims(Shape):
    """How attesting several sessions went; ``waiting`` are those that are not over."""

    drift: DriftId | None
    drift_status: DriftStatus | None
    claims: list[FullClaim]
    waiting: list[AppointmentId]
    refused: list[Refused]


class BillingLine(Shape):
    """What the record says to one line of a billing file."""

    line: int
    reference: str
    given: str
    verdict: Verdict
    claim: ClaimId | None
    appointment: AppointmentId | None
    date_of_service: DateText | None
    status: ClaimStatus | None
    holds: list[Hold]


class BillingCheck(Shape):
    """The check of a billing file. ``ok``: there are lines, and every one agrees."""

    ok: bool
    counts: dict[str, int]
    lines: list[BillingLine]


class Word(Given):
    """On which date a session took place: ``date``, or ``as_planned`` for that of its appointment."""

    model_config = example(date="2026-12-01", note="by telephone")

    date: Day | None = None
    as_planned: Truth = False
    by: Annotated[Ref | None, Field(description="who says so; left out: the caller's own side")] = None
    note: Note = ""

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if (self.date is None) is not self.as_planned:
            raise ValueError("give date or as_planned, one of them")
        return self


class ManyWords(Word):
    """The same of several sessions: those of a drift, or a provider's of a range of dates that wait for a word."""

    model_config = example(drift="drift-5s1g7z3q9d", as_planned=True)

    drift: Annotated[str | None, Field(max_length=60)] = None
    provider: Ref | None = None
    from_: Annotated[Day | None, Field(alias="from")] = None
    until: Day | None = None

    @model_validator(mode="after")
    def _says_of_what(self) -> Self:
        is_range = None not in {self.provider, self.from_, self.until}
        some = {self.provider, self.from_, self.until} != {None}
        if (self.drift is not None) is (is_range or some) or (some and not is_range):
            raise ValueError("give drift; or provider, from and until")
        return self


class Filing(Given):
    """Under which number the billing system filed a claim."""

    model_config = example(number="2026-004711")

    number: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^\S(.*\S)?$")]
