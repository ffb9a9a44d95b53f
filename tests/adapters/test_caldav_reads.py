"""Reading resources from servers that leave some out: absence is proved for each, or nothing is concluded."""

import pytest

from syncd.ports.remote.errors import CollectionGoneError, ForbiddenError
from tests.adapters.scripted_calendars import ScriptedCalendars
from tests.servers.base import Answer
from tests.servers.quirks import Multiget
from tests.servers.scripted import Fault, status


class TestMultiget:
    @pytest.mark.parametrize("multiget", Multiget, ids=lambda quirk: quirk.name.lower())
    def test_absent_among_present(self, stage: ScriptedCalendars, multiget: Multiget) -> None:
        """Whatever a multiget makes of an absent href, the others are read, and it is asked for once more, alone."""
        play = stage(multiget=multiget)
        hrefs = play.put_events(3)
        absent = play.href(9)
        found = play.remote().fetch([*hrefs, absent])
        assert {href: stored.body for href, stored in found.items()} == {
            href: play.body(number) for number, href in enumerate(hrefs)
        }
        assert ("GET", absent) in {(seen.method, seen.href) for seen in play.server.seen}

    def test_not_supported_is_remembered(self, stage: ScriptedCalendars) -> None:
        """A server without multiget is not asked for it again."""
        play = stage(multiget=Multiget.UNSUPPORTED)
        hrefs = play.put_events(2)
        remote = play.remote()
        remote.fetch(hrefs)
        remote.fetch(hrefs)
        assert (play.server.count("REPORT"), play.server.count("GET")) == (1, 4)
        assert remote.capabilities.multiget is False

    def test_one_failure_is_not_the_end(self, stage: ScriptedCalendars) -> None:
        """A multiget that fails once is done without, once."""
        play = stage()
        hrefs = play.put_events(2)
        remote = play.remote()
        play.server.fail("REPORT", status(500))
        assert set(remote.fetch(hrefs)) == set(remote.fetch(hrefs)) == set(hrefs)
        assert (play.server.count("REPORT"), play.server.count("GET")) == (2, 2)

    def test_silently_capped(self, stage: ScriptedCalendars) -> None:
        """Answers are counted against hrefs asked: what a cap left out is fetched, not taken for deleted."""
        play = stage(multiget_at_most=1)
        hrefs = play.put_events(4)
        assert set(play.remote().fetch(hrefs)) == set(hrefs)

    def test_answer_that_is_no_multistatus(self, stage: ScriptedCalendars) -> None:
        """A multiget that makes no sense is done without."""
        play = stage()
        hrefs = play.put_events(2)
        play.server.fail("REPORT", Fault(answer=Answer(207, {}, b"<html/>")))
        assert set(play.remote().fetch(hrefs)) == set(hrefs)


class TestOneAlone:
    def test_absence_that_cannot_be_confirmed(self, stage: ScriptedCalendars) -> None:
        """A resource that a multiget calls absent, and that a GET fails on, is not absent: nothing is known of it."""
        play = stage()
        hrefs = play.put_events(2)
        play.server.fail("GET", status(500))
        fetched = play.remote().fetch([*hrefs, play.href(9)])
        assert (set(fetched), set(fetched.failed)) == (set(hrefs), {play.href(9)})

    def test_404_for_what_is_there(self, stage: ScriptedCalendars) -> None:
        """One wrong 404 in a multiget empties nothing: the GET counts."""
        play = stage(multiget=Multiget.LEAVES_OUT_ABSENT, multiget_at_most=0)
        hrefs = play.put_events(2)
        assert set(play.remote().fetch(hrefs)) == set(hrefs)

    def test_everything_answers_404_because_the_calendar_is_gone(self, stage: ScriptedCalendars) -> None:
        """404s prove absences only while the collection is there."""
        play = stage(multiget=Multiget.UNSUPPORTED)
        hrefs = play.put_events(3)
        play.world.vanish()
        with pytest.raises(CollectionGoneError):
            play.remote().fetch(hrefs)

    def test_resource_that_is_not_shown(self, stage: ScriptedCalendars) -> None:
        """A resource that the account may not see does not spoil the others: it is there, without a body."""
        play = stage(hidden_names=frozenset({"event-1.ics"}))
        hrefs = play.put_events(3)
        found = play.remote().fetch(hrefs)
        assert [found[href].body for href in hrefs] == [play.body(0), b"", play.body(2)]

    def test_calendar_that_is_not_shown_any_more(self, stage: ScriptedCalendars) -> None:
        """Where the collection itself is forbidden, so much is said of it, and nothing of its resources."""
        play = stage()
        [href] = play.put_events(1)
        play.server.fail("GET", status(403))
        play.server.fail("PROPFIND", status(403))
        with pytest.raises(ForbiddenError):
            play.remote().fetch([href])

    def test_redacted_copy(self, stage: ScriptedCalendars) -> None:
        """A copy with the details taken out is handed on as it came: who reads it has to see that it is one."""
        play = stage(redacts=lambda body: body.replace(b"Session", b"Busy"))
        [href] = play.put_events(1)
        assert b"SUMMARY:Busy" in play.remote().fetch([href])[href].body

    def test_body_beyond_the_limit(self, stage: ScriptedCalendars) -> None:
        """Of a body that is too long only the beginning is read, which no parser takes for a whole one."""
        play = stage(max_body_bytes=1000)
        [href] = play.put_events(1)
        play.world.hand.put(href, play.body(summary="x" * 5000))
        stored = play.remote().fetch([href])[href]
        assert len(stored.body) == 1000
        assert play.remote().changes(None).present[href] == stored.etag


class TestFindUid:
    def test_queries_are_refused(self, stage: ScriptedCalendars) -> None:
        """Without queries the collection is read and compared."""
        play = stage(queries=False)
        play.put_events(3)
        assert list(play.remote().find_uid("event-2@example.com")) == [play.href(2)]

    def test_uid_in_another_property(self, stage: ScriptedCalendars) -> None:
        """An event that only mentions the UID is not it."""
        play = stage()
        play.put_events(1)
        play.world.hand.put(play.href(1), play.body(1, summary="event-0@example.com"))
        assert list(play.remote().find_uid("event-0@example.com")) == [play.href(0)]
