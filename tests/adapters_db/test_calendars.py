"""Calendars and publications: the store's contract, on every database."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from syncd.core.errors import AlreadyExistsError, NotFoundError
from syncd.core.scheduling.appointments import SourceKind, SourceRef
from syncd.core.sync.calendars import (
    Calendar,
    CalendarKind,
    CalendarMode,
    CalendarState,
    Capabilities,
    Privacy,
    Suspicion,
)
from syncd.core.sync.publication import Intent, IntentKind, Publication, PublicationState, Yielded
from syncd.core.work import LeaseLostError
from syncd.ports.store.pruning import Litter
from syncd.ports.store.transaction import Store
from tests.builders import (
    NOW,
    START,
    a_calendar,
    a_provider,
    a_publication,
    a_series,
    an_appointment,
    an_instance,
)

FIRST = SourceRef(SourceKind.APPOINTMENT, "apt-1")
SECOND = SourceRef(SourceKind.SERIES, "ser-1")
MINUTE = timedelta(minutes=1)


def add(store: Store, calendar: Calendar, *publications: Publication) -> None:
    with store.transaction() as tx:
        tx.calendars.add(calendar)
        for publication in publications:
            tx.publications.add(publication)


class TestCalendars:
    def test_one_with_every_field(self, practice_store: Store) -> None:
        """What was stored comes back equal."""
        calendar = a_calendar(
            kind=CalendarKind.FEED,
            state=CalendarState.MASS_CHANGE,
            capabilities=Capabilities(sync_collection=True, faithful=False, max_resource_size=102400),
            cursor="https://example.com/ns/sync/12",
            plain_events=True,
            plain_http=True,
            suspicion=Suspicion(CalendarState.VANISHED, NOW, 2),
            guards_waived=True,
            revision=0,
            last_tried_at=NOW - MINUTE,
            last_synced_at=NOW - 2 * MINUTE,
            last_verified_at=NOW - 3 * MINUTE,
            last_proven_equal_at=NOW - 4 * MINUTE,
            last_error="The server is busy.",
            mode=CalendarMode.REPORT_ONLY,
            privacy=Privacy.REFERENCE,
            objective=timedelta(minutes=90),
        )
        add(practice_store, calendar)
        with practice_store.reading() as tx:
            assert tx.calendars.get(calendar.id) == calendar

    def test_a_changed_one(self, practice_store: Store) -> None:
        """Saving stores every field."""
        calendar = a_calendar()
        add(practice_store, calendar)
        changed = replace(calendar, state=CalendarState.PAUSED, cursor="2", secret=b"other")
        with practice_store.transaction() as tx:
            tx.calendars.save(changed)
        with practice_store.reading() as tx:
            assert tx.calendars.get(calendar.id) == replace(changed, revision=1)

    def test_an_address_that_the_provider_has_already(self, practice_store: Store) -> None:
        """A provider has one calendar at an address; another provider may have it too."""
        with practice_store.transaction() as tx:
            tx.providers.add(a_provider(id="prv-2"))
            tx.calendars.add(a_calendar(url="https://example.net/shared/"))
            tx.calendars.add(a_calendar(url="https://example.net/shared/", provider_id="prv-2"))
        with pytest.raises(AlreadyExistsError, match="calendar already"), practice_store.transaction() as tx:
            tx.calendars.add(a_calendar(url="https://example.net/shared/"))

    def test_moved_to_an_address_that_the_provider_has_already(self, practice_store: Store) -> None:
        """Saving is refused as adding is."""
        calendar, other = a_calendar(), a_calendar()
        add(practice_store, calendar)
        add(practice_store, other)
        with pytest.raises(AlreadyExistsError), practice_store.transaction() as tx:
            tx.calendars.save(replace(other, url=calendar.url))

    def test_tried_at_a_time_without_a_zone(self, practice_store: Store) -> None:
        """A naive time is a mistake in the program, not an instant."""
        with pytest.raises(ValueError, match="an instant needs a time zone"):
            add(practice_store, a_calendar(last_tried_at=datetime(2026, 12, 1, 10, 0)))  # noqa: DTZ001 - the case itself

    def test_one_that_is_not_there(self, practice_store: Store) -> None:
        """The refusal names the reference and the command that lists what there is."""
        with practice_store.transaction() as tx:
            for ask in (
                lambda: tx.calendars.get("cal-none"),
                lambda: tx.calendars.save(a_calendar(id="cal-none")),
                lambda: tx.calendars.remove("cal-none"),
            ):
                with pytest.raises(NotFoundError, match=r"No calendar 'cal-none'\. See: syncd calendar list"):
                    ask()

    def test_lists(self, practice_store: Store) -> None:
        """Calendars are listed by provider and name, or those of one provider."""
        with practice_store.transaction() as tx:
            tx.providers.add(a_provider(id="prv-2"))
            calendars = [a_calendar(name="B"), a_calendar(name="A"), a_calendar(name="A", provider_id="prv-2")]
            for calendar in calendars:
                tx.calendars.add(calendar)
        b, a, other = calendars
        with practice_store.reading() as tx:
            assert tx.calendars.list() == [a, b, other]
            assert tx.calendars.list("prv-2") == [other]

    def test_a_removed_one(self, practice_store: Store) -> None:
        """Its publications stay on record as forgotten; what was withdrawn from it stays withdrawn."""
        calendar, kept = a_calendar(), a_calendar()
        gone = a_publication(calendar, FIRST, body="BEGIN:VCALENDAR", state=PublicationState.LIVE, first_seen_at=NOW)
        withdrawn = a_publication(calendar, SECOND, state=PublicationState.WITHDRAWN)
        add(practice_store, calendar, gone, withdrawn)
        add(practice_store, kept, stays := a_publication(kept, FIRST))
        with practice_store.transaction() as tx:
            tx.calendars.remove(calendar.id)
        with practice_store.reading() as tx:
            assert tx.calendars.list() == [kept]
            assert tx.publications.of_source(FIRST) == [stays]
            assert tx.publications.get(gone.id) == replace(gone, body=None, state=PublicationState.FORGOTTEN)
            assert tx.publications.get(withdrawn.id) == withdrawn


class TestFinish:
    def test_as_a_cycle_left_it(self, practice_store: Store) -> None:
        """A cycle stores its cursor, what it saw of the server, its times and the state that it found."""
        calendar = a_calendar()
        add(practice_store, calendar)
        left = replace(
            calendar, cursor="2", state=CalendarState.OK, last_tried_at=NOW, capabilities=Capabilities(multiget=True)
        )
        with practice_store.transaction() as tx:
            assert tx.calendars.finish(left) == left
            assert tx.calendars.get(calendar.id) == left

    @pytest.mark.parametrize(
        "word",
        [
            {"state": CalendarState.PAUSED},
            {"secret": b"another"},
            {"username": "another"},
            {"name": "Another name"},
            {"plain_events": True},
            {"cursor": None, "guards_waived": True},
        ],
        ids=str,
    )
    def test_changed_by_a_person_meanwhile(self, practice_store: Store, word: dict[str, Any]) -> None:
        """Whatever a person changed while a cycle ran stays as they said, and the cycle's times are kept."""
        calendar = a_calendar(cursor="1")
        add(practice_store, calendar)
        with practice_store.transaction() as tx:
            tx.calendars.save(replace(tx.calendars.get(calendar.id), **word))
        with practice_store.transaction() as tx:
            tx.calendars.finish(replace(calendar, cursor="2", state=CalendarState.VANISHED, last_tried_at=NOW))
        with practice_store.reading() as tx:
            assert tx.calendars.get(calendar.id) == replace(calendar, **word, revision=1, last_tried_at=NOW)

    def test_removed_meanwhile(self, practice_store: Store) -> None:
        """Of a calendar that is no more nothing is stored."""
        with pytest.raises(LeaseLostError), practice_store.transaction() as tx:
            tx.calendars.finish(a_calendar())


@pytest.fixture
def calendar(practice_store: Store) -> Calendar:
    calendar = a_calendar()
    add(practice_store, calendar)
    return calendar


def publish(store: Store, calendar: Calendar, source: SourceRef, **fields: Any) -> Publication:
    publication = a_publication(calendar, source, **fields)
    with store.transaction() as tx:
        tx.publications.add(publication)
    return publication


class TestPublications:
    def test_one_with_every_field(self, practice_store: Store, calendar: Calendar) -> None:
        """What was stored comes back equal."""
        publication = publish(
            practice_store,
            calendar,
            SECOND,
            etag='"1"',
            schedule_tag='"s1"',
            body="BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
            sequence=4,
            wanted=3,
            done=2,
            intent=Intent(IntentKind.UPDATE, "BEGIN:VCALENDAR", NOW),
            yielded=(Yielded("summary", None, "Session", "Ours"), Yielded("description", "2026", "a", "b")),
            published_at=NOW,
            verified_at=NOW,
            state=PublicationState.LIVE,
            first_seen_at=NOW,
        )
        with practice_store.reading() as tx:
            assert tx.publications.get(publication.id) == publication

    def test_an_intent_to_delete(self, practice_store: Store, calendar: Calendar) -> None:
        """An intent without a body is an intent."""
        publication = publish(practice_store, calendar, FIRST, intent=Intent(IntentKind.DELETE, None, NOW))
        with practice_store.reading() as tx:
            assert tx.publications.get(publication.id) == publication

    def test_changed_and_marked_meanwhile(self, practice_store: Store, calendar: Calendar) -> None:
        """A change of the store that comes during a write stays on record when the write is."""
        read = publish(practice_store, calendar, FIRST)
        with practice_store.transaction() as tx:
            tx.publications.mark_dirty(FIRST)
        with practice_store.transaction() as tx:
            tx.publications.save(replace(read, body="written", etag='"2"', done=read.wanted))
            stored = tx.publications.get(read.id)
        assert stored == replace(read, body="written", etag='"2"', done=1, wanted=2)
        assert stored.dirty

    def test_marked(self, practice_store: Store, calendar: Calendar) -> None:
        """A mark is on every publication of the source and on no other."""
        elsewhere = a_calendar()
        add(practice_store, elsewhere)
        ours = [publish(practice_store, where, FIRST, done=1) for where in (calendar, elsewhere)]
        other = publish(practice_store, calendar, SECOND, done=1)
        with practice_store.transaction() as tx:
            tx.publications.mark_dirty(FIRST)
            assert [tx.publications.get(one.id).dirty for one in [*ours, other]] == [True, True, False]

    def test_pending(self, practice_store: Store, calendar: Calendar) -> None:
        """To be looked at is what the store changed and what may have been written before a crash."""
        dirty = publish(practice_store, calendar, FIRST, href="/b.ics")
        publish(practice_store, calendar, SECOND, done=1)
        begun = publish(
            practice_store,
            calendar,
            SourceRef(SourceKind.APPOINTMENT, "apt-2"),
            href="/a.ics",
            done=1,
            intent=Intent(IntentKind.DELETE, None, NOW),
        )
        with practice_store.reading() as tx:
            assert tx.publications.pending(calendar.id) == [begun, dirty]
            assert tx.publications.pending("cal-none") == []

    def test_looked_up(self, practice_store: Store, calendar: Calendar) -> None:
        """Publications are found by calendar, href, UID and source."""
        one = publish(practice_store, calendar, FIRST, href="/1.ics", body="x")
        two = publish(practice_store, calendar, SECOND, href="/2.ics")
        with practice_store.reading() as tx:
            assert tx.publications.of_calendar(calendar.id) == [one, two]
            assert tx.publications.at(calendar.id, ["/2.ics", "/none.ics", "/2.ics"]) == [two]
            assert tx.publications.at("cal-none", ["/2.ics"]) == []
            assert tx.publications.with_uids([one.uid, "none.example"]) == [one]
            assert tx.publications.with_uids([]) == []
            assert tx.publications.of_source(SECOND) == [two]
            assert tx.publications.count(calendar.id) == 1

    def test_more_hrefs_than_fit_into_one_statement(self, practice_store: Store, calendar: Calendar) -> None:
        """The number of hrefs asked for is not limited."""
        one = publish(practice_store, calendar, FIRST, href="/69999.ics")
        with practice_store.reading() as tx:
            assert tx.publications.at(calendar.id, (f"/{number}.ics" for number in range(70_000))) == [one]

    def test_a_place_that_is_taken(self, practice_store: Store, calendar: Calendar) -> None:
        """One href holds one publication, and one source stands in a calendar once."""
        publish(practice_store, calendar, FIRST, href="/1.ics")
        with pytest.raises(AlreadyExistsError):
            publish(practice_store, calendar, SECOND, href="/1.ics")
        with pytest.raises(AlreadyExistsError):
            publish(practice_store, calendar, FIRST, href="/2.ics")

    def test_one_that_is_not_there(self, practice_store: Store) -> None:
        """Is not found, saved or ended."""
        with practice_store.transaction() as tx:
            for ask in (
                lambda: tx.publications.get("pub-none"),
                lambda: tx.publications.end("pub-none", PublicationState.FORGOTTEN),
            ):
                with pytest.raises(NotFoundError, match="No publication 'pub-none'"):
                    ask()

    @pytest.mark.parametrize("state", [state for state in PublicationState if not state.is_watched])
    def test_one_that_is_watched_no_longer(
        self, practice_store: Store, calendar: Calendar, state: PublicationState
    ) -> None:
        """Stays on record with its state and when it was first seen, and is in no question that a cycle asks."""
        begun = publish(practice_store, calendar, FIRST, body="BEGIN:VCALENDAR", etag="e", state=PublicationState.LIVE)
        with practice_store.transaction() as tx:
            tx.publications.save(replace(begun, first_seen_at=NOW, intent=Intent(IntentKind.UPDATE, "text", NOW)))
            tx.publications.end(begun.id, state)
        with practice_store.transaction() as tx:
            tx.publications.mark_dirty(FIRST)
        with practice_store.reading() as tx:
            found = tx.publications.get(begun.id)
            assert (found.state, found.first_seen_at, found.body, found.etag) == (state, NOW, None, None)
            assert found.may_have_stood
            assert found.wanted == begun.wanted
            assert tx.publications.ever_of_source(FIRST) == [found]
            asked = (
                tx.publications.of_calendar(calendar.id),
                tx.publications.of_source(FIRST),
                tx.publications.at(calendar.id, [begun.href]),
                tx.publications.with_uids([begun.uid]),
                tx.publications.pending(calendar.id),
            )
            assert [list(answer) for answer in asked] == [[], [], [], [], []]
            assert tx.publications.count(calendar.id) == 0

    def test_one_that_is_wanted_again(self, practice_store: Store, calendar: Calendar) -> None:
        """Waits to be written under the same row."""
        one = publish(practice_store, calendar, FIRST, body="BEGIN:VCALENDAR", done=1)
        with practice_store.transaction() as tx:
            tx.publications.end(one.id, PublicationState.WITHDRAWN)
            tx.publications.want_again(one.id)
        with practice_store.reading() as tx:
            (again,) = tx.publications.pending(calendar.id)
            assert (again.id, again.state, again.dirty) == (one.id, PublicationState.WAITING, True)


class TestRetiring:
    def test_sessions_that_are_long_over(self, practice_store: Store, calendar: Calendar) -> None:
        """Publications whose every session has ended are retired; a series with one to come is watched on."""
        over, lasting = a_series(), a_series(extended_until=NOW)
        old, new = an_appointment(), an_appointment(start=START + timedelta(days=60))
        with practice_store.transaction() as tx:
            tx.series.add(over)
            tx.series.add(lasting)
            tx.appointments.add([old, new, an_instance(over), an_instance(lasting)])
        watched = [publish(practice_store, calendar, one.source) for one in (new, lasting)]
        for one in (old, over):
            publish(practice_store, calendar, one.source)
        before = START + timedelta(days=30)
        with practice_store.transaction() as tx:
            marks = tx.prunings.over(Litter.WATCHED, before, limit=10)
            assert tx.prunings.let_go(Litter.WATCHED, before, [*marks, (watched[0].id,)]) == 2
            assert {p.id for p in tx.publications.of_calendar(calendar.id)} == {p.id for p in watched}
            assert [p.state for p in tx.publications.ever_of_source(old.source)] == [PublicationState.RETIRED]
            assert tx.prunings.over(Litter.WATCHED, before, limit=10) == []


def test_calendars_in_which_nothing_was_published(practice_store: Store) -> None:
    """They are counted by what waits for them; one event that stands there takes a calendar off the list."""
    waiting, standing = a_calendar(url="https://a.example/"), a_calendar(url="https://b.example/")
    add(practice_store, waiting, a_publication(waiting, FIRST))
    add(
        practice_store,
        standing,
        replace(a_publication(standing, FIRST), body="BEGIN:VCALENDAR"),
        a_publication(standing, SECOND),
    )
    with practice_store.reading() as tx:
        assert tx.publications.unpublished() == {waiting.id: 1}


def test_what_is_watched_no_longer_is_neither_unpublished_nor_restyled(practice_store: Store) -> None:
    """What ended waits for nothing and follows no setting; a calendar in which something stood once is not new."""
    gone, emptied = a_calendar(url="https://a.example/"), a_calendar(url="https://b.example/")
    stood = replace(a_publication(emptied, FIRST), body="BEGIN:VCALENDAR", look="old").standing(NOW)
    forgotten = a_publication(gone, FIRST)
    add(practice_store, gone, forgotten)
    add(practice_store, emptied, stood, a_publication(emptied, SECOND))
    with practice_store.transaction() as tx:
        assert [one.id for one in tx.publications.styled_otherwise(emptied.id, "new")] == [stood.id]
        tx.publications.save(replace(stood, state=PublicationState.RETIRED))
        tx.publications.end(forgotten.id, PublicationState.FORGOTTEN)
        tx.publications.mark_restyled(emptied.id, "new")
        assert tx.publications.styled_otherwise(emptied.id, "new") == []
        assert tx.publications.get(stood.id).wanted == stood.wanted
        tx.publications.end(stood.id, PublicationState.WITHDRAWN)
        assert tx.publications.unpublished() == {}
