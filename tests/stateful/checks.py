"""What must hold, whatever was done: the promises of the design, checked against a memory of what people did."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC

from syncd.core.claims.holds import ClaimRules, HoldCode
from syncd.core.messaging.content import MessageKind
from syncd.core.messaging.outbox import Message
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.core.sync.publication import Publication
from syncd.services.claims.claims import view
from syncd.services.sync.reconcile import CycleReport
from tests.adapters.events import an_event
from tests.stateful.loop_setup import BEGINNING, END, LoopSetup
from tests.stateful.program_body import ProgramBody
from tests.stateful.shown import Shown, sessions

GUARDED = frozenset({CalendarState.EMPTIED, CalendarState.RECREATED, CalendarState.MASS_CHANGE})

KEEPS_WORDS = frozenset({"words", "practice"})
"""The default policy's rules under which the provider's words stay; a person, or the practice's change, undoes them."""


class Checks:
    """Remembers what the provider did to which events, and what was foreign; says whether syncd kept its promises."""

    def __init__(self, stage: LoopSetup) -> None:
        self.stage = stage
        self.foreign: dict[str, bytes] = {}
        self._edited: set[str] = set()
        self._titles: dict[str, str | None] = {}
        self._marks: defaultdict[str, set[str]] = defaultdict(set)
        self._drifts: dict[str, Drift] = {}
        self._hrefs: dict[str, set[str]] = {}
        self._record: list[Appointment] = []
        self._writes_before: int | None = None

    # What people did

    def practice_did(self) -> None:
        """Take the record for what people made of it."""
        self._record = self.stage.all()
        hrefs = {publication.source: publication.href for publication in self.stage.published()}
        for one in self._record:
            if one.source in hrefs:
                self._hrefs.setdefault(one.id, set()).add(hrefs[one.source])

    def edited(self, publication: Publication) -> None:
        """An edit that matters may be found there; and words that are the provider's, once nothing is open there."""
        self._edited.add(publication.href)
        if any(d.publication_id == publication.id for d in self.stage.drifts(DriftStatus.OPEN)):
            self._titles.pop(publication.href, None)
        else:
            self._titles[publication.href] = _title(self.stage.world.hand.get(publication.href))

    def lost(self, publication: Publication) -> None:
        """The provider did away with the event and all that was on it."""
        self._edited.add(publication.href)
        self._marks.pop(publication.href, None)
        self._titles.pop(publication.href, None)

    def added(self, publication: Publication, mark: str) -> None:
        self._marks[publication.href].add(mark)

    def removed(self, publication: Publication, mark: str) -> None:
        self._marks[publication.href].discard(mark)

    def forget_words(self) -> None:
        """An answer that is lost may cost the words that a revert kept."""
        self._titles.clear()

    def put_foreign(self, which: int, version: int) -> None:
        """Let the provider write an event that is none of syncd's business; version 0 deletes it."""
        hand, href = self.stage.world.hand, self.stage.world.href(f"dentist-{which}.ics")
        if version:
            hand.put(href, an_event(f"dentist-{which}@example.net", summary=f"Version {version}"))
            self.foreign[href] = hand.get(href)
        elif self.foreign.pop(href, None) is not None:
            hand.delete(href)

    def mode_was_set(self) -> None:
        """Count the writes from here on, where nothing may be written."""
        is_written = self.stage.stored_calendar.mode.writes
        self._writes_before = None if is_written else len(self.stage.trouble.writes)

    # What holds at any moment

    def nothing_is_written_where_nothing_may_be(self) -> None:
        """In the mode report_only no write is ever sent, whatever people, programs and crashes do."""
        assert self._writes_before in {None, len(self.stage.trouble.writes)}

    def record_is_peoples(self) -> None:
        """No appointment is ever changed by looking into a calendar."""
        assert self.stage.all() == self._record

    def drifts_are_edits(self) -> None:
        """What was not edited never drifts; a drift that got its decision stays as it is; no edit is told of twice."""
        found = {drift.id: drift for drift in self.stage.drifts()}
        hrefs = {publication.id: publication.href for publication in self.stage.published()}
        for drift in found.values():
            before = self._drifts.get(drift.id)
            if before is None:
                known = hrefs.get(drift.publication_id or "")
                places = {known} if known else self._hrefs[drift.appointment_id]
                assert places & self._edited, f"nobody edited it: {drift.kinds} {drift.findings}"
            elif before.status is not DriftStatus.OPEN:
                assert _without_link(before) == _without_link(drift)
            if drift != before and drift.rule not in KEEPS_WORDS:
                self._titles.pop(hrefs.get(drift.publication_id or "", ""), None)
        assert found.keys() >= self._drifts.keys()
        self._drifts = found

    def foreign_events_stand(self) -> None:
        """What syncd did not publish is byte for byte what it was."""
        assert {href: self.stage.world.hand.get(href) for href in self.foreign} == self.foreign

    def guards_hold(self, cycle: Callable[[], CycleReport]) -> None:
        """A calendar's fault is a state of the calendar: nothing is written, and nothing is read as an edit."""
        before = self._what_was_done()
        if cycle().state in GUARDED:
            assert self._what_was_done() == before

    # What holds once all is quiet

    def cycles_change_nothing(self, cycle: Callable[..., None]) -> None:
        """Further cycles write nothing, neither in the calendar nor in the record of drifts."""
        before = self._what_was_done(), self.stage.bodies()
        cycle()
        cycle(verify=True)
        assert (self._what_was_done(), self.stage.bodies()) == before

    def _what_was_done(self) -> tuple[list[tuple[str, str]], list[Drift]]:
        return [*self.stage.trouble.writes], self.stage.drifts()

    def all_is_well(self) -> None:
        """Check what must hold after the last change anywhere, and begin anew."""
        drifts = {drift.publication_id: drift for drift in self.stage.drifts(DriftStatus.OPEN)}
        published, bodies, booked = self.stage.published(), self.stage.bodies(), self.stage.booked()
        assert {one.source for one in booked} <= {publication.source for publication in published}
        assert bodies.keys() - self.foreign.keys() <= {publication.href for publication in published}
        for publication in published:
            expected = [one for one in booked if one.source == publication.source and one.start < END]
            body = bodies.get(publication.href)
            if (drift := drifts.get(publication.id)) is not None:
                self._check_drift(drift, expected, body)
            else:
                self._check_equal(publication, expected, body)
        self._check_messages(published, booked)
        self._edited = {publication.href for publication in published if publication.id in drifts}

    def _check_drift(self, drift: Drift, expected: list[Appointment], body: bytes | None) -> None:
        """What differs, and what the open drift names, is held: no claim of it may be filed."""
        shown = {(one.start, one.minutes) for one in _sessions(body)}
        differs = {one.id for one in expected if (_as_shown(one).start, one.minutes) not in shown}
        with self.stage.store.reading() as tx:
            for one in map(tx.appointments.get, drift.concerned | differs):
                if one.status is AppointmentStatus.BOOKED:
                    assert HoldCode.OPEN_DRIFT in view(tx, one.id, ClaimRules(), self.stage.now).codes

    def _check_equal(self, publication: Publication, expected: list[Appointment], body: bytes | None) -> None:
        """Store time = published time = the time in the calendar, and what is the provider's own is there still."""
        assert body is not None
        assert publication.body == body.decode()
        shown, wanted = _sessions(body), sorted(_as_shown(one) for one in expected)
        if any(item.field == "location" for item in publication.yielded):
            shown, wanted = ([one._replace(location="") for one in found] for found in (shown, wanted))
        assert shown == wanted, f"{publication.source}: {shown} instead of {wanted}"
        assert _title(body) == self._titles.get(publication.href, _title(body))
        text = body.decode().replace("\r\n ", "")
        assert {mark for mark in self._marks[publication.href] if mark not in text} == set()

    def _check_messages(self, published: list[Publication], booked: list[Appointment]) -> None:
        """The last message about an appointment says what the record says; of a revert there is one notice at most."""
        with self.stage.store.reading() as tx:
            outbox = tx.messages.list()
        notices = [message.facts["drift"] for message in outbox if message.kind == MessageKind.REVERTED]
        assert len(notices) == len(set(notices))
        for publication in published:
            last = _last_invitation(outbox, publication.uid)
            told = sessions(last.encode(), BEGINNING, END)
            assert told == sorted(
                _as_shown(one) for one in booked if one.source == publication.source and one.start < END
            )


def _title(body: bytes) -> str | None:
    master = ProgramBody(body).master
    return master.line("SUMMARY") if master else None


def _last_invitation(outbox: Sequence[Message], uid: str) -> str:
    texts = [
        str(message.facts["calendar"]) for message in outbox if message.uid == uid and message.facts.get("calendar")
    ]
    return texts[-1]


def _without_link(drift: Drift) -> Drift:
    """Return a drift without its link to the publication, which goes with that."""
    return replace(drift, publication_id=None)


def _sessions(body: bytes | None) -> list[Shown]:
    try:
        return sessions(body, BEGINNING, END) if body is not None else []
    except ValueError:
        return []


def _as_shown(one: Appointment) -> Shown:
    return Shown(one.start.astimezone(UTC), one.minutes, one.location)
