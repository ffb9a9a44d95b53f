"""The reconcile tests' world with its claims: what people and programs do about them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from syncd.core.claims.billing import Verdict
from syncd.core.claims.claim import Claim, ClaimStatus
from syncd.core.claims.holds import ClaimRules, HoldCode
from syncd.core.scheduling.appointments import Appointment
from syncd.core.scheduling.booking import BookingRules
from syncd.core.scheduling.people import Party
from syncd.core.sync.drift import DriftStatus
from syncd.core.work import WorkKind
from syncd.services.claims.claims import Attest, ClaimView, attest, file, view
from syncd.services.claims.proof import ClaimAudit
from syncd.services.claims.verify import check_lines, lines_of
from syncd.services.decisions.drifts import Decisions
from syncd.services.scheduling.cancelling import Cancel, cancel
from syncd.services.scheduling.changes import By, Terms
from tests.builders import an_admin
from tests.claims.x12 import a_claim, an_837
from tests.services.world import World
from tests.working import a_task, work_off

RULES = ClaimRules()


@dataclass
class ClaimsWorld(World):
    """A practice that files claims. Time stands still but for cycles and where a test sets it."""

    @property
    def terms(self) -> Terms:
        by = By(Party.ADMIN, an_admin())
        return Terms(rules=BookingRules(), messages_for=lambda _tx, _effect: (), by=by, now=self.now)

    @property
    def audit(self) -> ClaimAudit:
        return ClaimAudit(self.store, self.reconciler.verify_publication, RULES)

    def prove(self) -> int:
        """Prove the claims that are due; return how many became clear by it."""
        before = self._clear()
        work_off(self.store, a_task(WorkKind.CLAIM, self.audit.prove), self.now)
        return len(self._clear() - before)

    def _clear(self) -> set[str]:
        with self.store.reading() as tx:
            return {claim.id for claim in tx.claims.list(ClaimStatus.CLEAR)}

    def release(self, one: Appointment) -> ClaimView:
        return self.audit.release(one.id, an_admin(), self.now)

    def attest(self, one: Appointment, on: date, by: str = "provider") -> ClaimView:
        with self.store.transaction() as tx:
            return attest(tx, Attest(ref=one.id, date_of_service=on, by=by), self.terms, RULES)

    def file(self, one: Appointment, number: str) -> ClaimView:
        with self.store.transaction() as tx:
            return file(tx, one.id, number, RULES, an_admin(), self.now)

    def cancel(self, one: Appointment, reason: str = "client_request") -> None:
        with self.store.transaction() as tx:
            cancel(tx, Cancel(appointment_id=one.id, reason=reason), self.terms)

    def revert(self) -> None:
        """Revert what is open, as a person says."""
        for drift in self.drifts(DriftStatus.OPEN):
            Decisions(self.reconciler).revert(drift.id, self.terms)

    def accept(self) -> None:
        """Accept the one drift that is open."""
        (drift,) = (drift for drift in self.drifts() if drift.status == "open")
        Decisions(self.reconciler).accept(drift.id, self.terms)

    def claim(self, one: Appointment) -> Claim:
        """Return the claim as it is stored."""
        with self.store.reading() as tx:
            return tx.claims.get(one.id)

    def shown(self, one: Appointment) -> ClaimView:
        with self.store.reading() as tx:
            return view(tx, one.id, RULES, self.now)

    def codes(self, one: Appointment) -> set[HoldCode]:
        return set(self.shown(one).codes)

    def stored(self, one: Appointment) -> Appointment:
        with self.store.reading() as tx:
            return tx.appointments.get(one.id)

    def stored_by(self, claim: Claim) -> Appointment:
        with self.store.reading() as tx:
            return tx.appointments.get(claim.appointment_id)

    def at(self, moment: datetime) -> None:
        self.now = moment

    def billed(self, one: Appointment, of_service: str) -> Verdict:
        """Return the verdict on an 837P with that date for the appointment, CCYYMMDD or empty for none."""
        said = f"D8*{of_service}" if of_service else ""
        with self.store.reading() as tx:
            (line,) = check_lines(tx, lines_of(an_837(a_claim(one.id, said)).encode()), RULES, self.now)
        return line.verdict


def dragged(start: str, minutes: int) -> Callable[[bytes], bytes]:
    """Return an edit that gives the event another start on the wall clock, ISO 8601, and an end to fit."""
    begins = datetime.fromisoformat(start)

    def change(body: bytes) -> bytes:
        text = body.replace(b"\r\n ", b"").decode()
        for name, moment in (("DTSTART", begins), ("DTEND", begins + timedelta(minutes=minutes))):
            text, found = re.subn(
                rf"^({name};TZID=[^:]*:)\w+", rf"\g<1>{moment:%Y%m%dT%H%M%S}", text, flags=re.MULTILINE
            )
            assert found == 1
        return text.encode()

    return change
