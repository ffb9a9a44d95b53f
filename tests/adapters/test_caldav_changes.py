"""Change detection on servers that bend the rules: what is told, what is not concluded, and what it costs."""

import pytest

from syncd.adapters.caldav import xml
from syncd.core.sync.calendars import Capabilities
from syncd.ports.remote.errors import CollectionGoneError, PartialAnswerError, UnavailableError
from tests.adapters.scripted_calendars import ScriptedCalendars
from tests.servers.base import Answer
from tests.servers.quirks import Refusal, UnknownToken
from tests.servers.scripted import Fault, status

NOT_SUPPORTED = [
    Refusal(status=403, condition="D:supported-report"),
    Refusal(status=405),
    Refusal(status=415),
    Refusal(status=501),
    Refusal(status=500),
]


@pytest.mark.parametrize("count", [10, 1_000])
def test_idle_calendar(stage: ScriptedCalendars, count: int) -> None:
    """An idle calendar is one HTTP request, however many events it holds: counted where it arrives."""
    play = stage()
    play.put_events(count)
    cursor = play.remote().changes(None).cursor
    play.server.seen.clear()
    changes = play.remote().changes(cursor)
    assert (dict(changes.present), changes.removed) == ({}, frozenset())
    assert [seen.method for seen in play.server.seen] == ["REPORT"]


class TestWithoutSyncCollection:
    @pytest.mark.parametrize("refusal", NOT_SUPPORTED, ids=str)
    def test_first_contact(self, stage: ScriptedCalendars, refusal: Refusal) -> None:
        """Where the report is refused, though a token is shown, the ctag is watched; idle is one request too."""
        play = stage(sync=refusal)
        hrefs = play.put_events(3)
        remote = play.stranger()
        changes = remote.changes(None)
        assert set(changes.present) == set(hrefs)
        assert remote.capabilities.sync_collection is False
        play.server.seen.clear()
        assert play.remote(remote.capabilities).changes(changes.cursor).present == {}
        assert play.server.count() == 1

    def test_change_is_seen_by_a_moved_ctag(self, stage: ScriptedCalendars) -> None:
        """A ctag that moved is answered with a listing, which is complete."""
        play = stage(sync=NOT_SUPPORTED[0])
        _kept, deleted = play.put_events(2)
        before = play.stranger().changes(None)
        play.world.hand.delete(deleted)
        changes = play.stranger().changes(before.cursor)
        assert changes.complete
        assert set(changes.present) == {play.href(0)}
        assert not changes.cursor_lost

    def test_no_token_is_shown(self, stage: ScriptedCalendars) -> None:
        """Where the collection has no sync-token, the report is not tried."""
        play = stage(shows_token=False)
        changes = play.remote().changes(None)
        assert (changes.cursor or "").startswith("ctag:")
        assert play.server.count("REPORT") == 0

    def test_no_ctag_either(self, stage: ScriptedCalendars) -> None:
        """A server that tells nothing of changes is listed each time, in one request."""
        play = stage(sync=NOT_SUPPORTED[0], has_ctag=False)
        hrefs = play.put_events(2)
        cursor = play.stranger().changes(None).cursor
        play.server.seen.clear()
        changes = play.stranger().changes(cursor)
        assert (set(changes.present), changes.complete) == (set(hrefs), True)
        assert play.server.count() == 1

    @pytest.mark.parametrize("refusal", NOT_SUPPORTED, ids=str)
    def test_server_that_advertises_it_and_fails_later(self, stage: ScriptedCalendars, refusal: Refusal) -> None:
        """A report that stops working is replaced by a listing at once; the calendar is not lost for that."""
        play = stage()
        hrefs = play.put_events(2)
        cursor = play.remote().changes(None).cursor
        play.server.behave(sync=refusal)
        remote = play.remote()
        changes = remote.changes(cursor)
        assert (set(changes.present), changes.complete, changes.cursor_lost) == (set(hrefs), True, False)
        assert remote.capabilities.sync_collection is False

    def test_server_that_learned_it(self, stage: ScriptedCalendars) -> None:
        """The full verification tries the report again, so that one bad day is not for ever."""
        play = stage()
        remote = play.remote(Capabilities(sync_collection=False))
        cursor = remote.changes(None).cursor
        assert remote.capabilities.sync_collection
        play.server.seen.clear()
        play.remote().changes(cursor)
        assert [seen.method for seen in play.server.seen] == ["REPORT"]

    def test_one_failure_is_not_the_end(self, stage: ScriptedCalendars) -> None:
        """A report that fails once and then works is asked once more, and stays in use."""
        play = stage()
        cursor = play.remote().changes(None).cursor
        play.server.fail("REPORT", status(500))
        remote = play.remote()
        assert not remote.changes(cursor).complete
        assert remote.capabilities.sync_collection


class TestTokensOfAnotherLife:
    @pytest.mark.parametrize(
        "refusal",
        [Refusal(status=code, condition="D:valid-sync-token") for code in (403, 409, 412)] + [Refusal(status=400)],
        ids=str,
    )
    def test_refused(self, stage: ScriptedCalendars, refusal: Refusal) -> None:
        """A token that is refused, with the condition or for a reason untold, is lost; the report stays in use."""
        play = stage(invalid_token=refusal)
        cursor = play.remote().changes(None).cursor
        play.world.recreate()
        hrefs = play.put_events(2)
        remote = play.remote()
        changes = remote.changes(cursor)
        assert (changes.cursor_lost, changes.complete, set(changes.present)) == (True, True, set(hrefs))
        assert remote.capabilities.sync_collection
        assert play.remote().changes(changes.cursor).present == {}

    def test_answered_with_everything_and_no_deletions(self, stage: ScriptedCalendars) -> None:
        """A long answer without removals may be all there is: a listing tells what is absent."""
        play = stage(unknown_token=UnknownToken.EVERYTHING)
        cursor = play.remote().changes(None).cursor
        play.world.recreate()
        hrefs = play.put_events(12)
        changes = play.remote().changes(cursor)
        assert changes.complete
        assert set(changes.present) == set(hrefs)

    def test_answered_with_nothing(self, stage: ScriptedCalendars) -> None:
        """A token of another life that is answered with silence is why everything is compared once a day."""
        play = stage(unknown_token=UnknownToken.NOTHING)
        cursor = play.remote().changes(None).cursor
        play.world.recreate()
        hrefs = play.put_events(2)
        assert play.remote().changes(cursor).present == {}
        assert set(play.remote().changes(None).present) == set(hrefs)


class TestPages:
    def test_long_answer(self, stage: ScriptedCalendars) -> None:
        """A 507 on the collection itself says that there is more: all pages are read, the last word counts."""
        play = stage(page_size=2)
        cursor = play.remote().changes(None).cursor
        hrefs = play.put_events(7)
        play.world.hand.delete(hrefs[0])
        changes = play.remote().changes(cursor)
        assert set(changes.present) == set(hrefs[1:])
        assert changes.removed == {hrefs[0]}
        assert play.server.count("REPORT") == 4

    def test_list_that_does_not_end(self, stage: ScriptedCalendars) -> None:
        """After very many pages no more are asked for, and nothing is concluded."""
        play = stage(page_size=1)
        cursor = play.remote().changes(None).cursor
        play.put_events(201)
        with pytest.raises(PartialAnswerError, match="does not end"):
            play.remote().changes(cursor)

    def test_no_limit_is_asked_for(self) -> None:
        """A server was seen to cut the list at the limit and to hand out the final token: the rest was lost."""
        assert b"limit" not in xml.sync_collection("token")

    def test_pages_that_do_not_move_on(self, stage: ScriptedCalendars) -> None:
        """A server that pages in a circle is listed instead."""
        play = stage()
        cursor = play.remote().changes(None).cursor
        hrefs = play.put_events(5)
        play.server.behave(page_size=2, repeats_itself=True)
        changes = play.remote().changes(cursor)
        assert changes.complete
        assert set(changes.present) == set(hrefs)


class TestEtags:
    def test_same_etag_for_two_resources(self, stage: ScriptedCalendars) -> None:
        """ETags that count versions of each resource prove nothing in a listing: they are left out."""
        play = stage(counter_etags=True)
        hrefs = play.put_events(2)
        remote = play.stranger()
        assert dict(remote.changes(None).present) == dict.fromkeys(hrefs)
        assert remote.capabilities.distinct_etags is False

    def test_recreated_under_the_same_etag(self, stage: ScriptedCalendars) -> None:
        """Another body under the same href and ETag is told as a change of which no ETag says anything."""
        play = stage(counter_etags=True)
        href, _ = play.put_events(2)
        remote = play.stranger()
        before = remote.fetch([href])[href]
        cursor = remote.changes(None).cursor
        play.world.hand.delete(href)
        play.world.hand.put(href, play.body(summary="Another"))
        assert dict(remote.changes(cursor).present) == {href: None}
        assert remote.fetch([href])[href].etag == before.etag


class TestHalfAnAnswer:
    def test_listing_without_the_collection_itself(self, stage: ScriptedCalendars) -> None:
        """A listing that does not show what it is a listing of proves no absence."""
        play = stage(tells_of_itself=False)
        play.put_events(2)
        with pytest.raises(PartialAnswerError):
            play.remote().changes(None)

    def test_listing_that_was_capped(self, stage: ScriptedCalendars) -> None:
        """A 507 in a listing says that it is cut."""
        play = stage()
        play.put_events(2)
        own = play.world.href("")
        body = (
            f'<D:multistatus xmlns:D="DAV:"><D:response><D:href>{own}</D:href>'
            "<D:status>HTTP/1.1 507 Insufficient Storage</D:status></D:response></D:multistatus>"
        )
        own_state = Fault()
        play.server.fail("PROPFIND", own_state, Fault(answer=Answer(207, {}, body.encode())))
        with pytest.raises(PartialAnswerError):
            play.remote().changes(None)

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"<html><body>Please sign in</body></html>",
            b'<D:multistatus xmlns:D="DAV:"><D:response>',
            b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>',
        ],
        ids=["nothing", "a page", "half", "entities"],
    )
    def test_no_multistatus(self, stage: ScriptedCalendars, body: bytes) -> None:
        """A 207 whose body is no whole multistatus is half an answer, in a report as in a listing."""
        play = stage()
        cursor = play.remote().changes(None).cursor
        play.server.fail("REPORT", Fault(answer=Answer(207, {}, body)))
        with pytest.raises(PartialAnswerError):
            play.remote().changes(cursor)

    def test_body_that_breaks_off_each_time(self, stage: ScriptedCalendars) -> None:
        """An answer shorter than its Content-Length is asked for again, and in the end is half an answer."""
        play = stage()
        cursor = play.remote().changes(None).cursor
        play.server.seen.clear()
        play.server.fail("REPORT", *[Fault(cuts=True)] * 3)
        with pytest.raises(PartialAnswerError):
            play.remote().changes(cursor)
        assert play.server.count() == 3

    def test_body_that_breaks_off_once(self, stage: ScriptedCalendars) -> None:
        """A single broken answer costs a second request and nothing else."""
        play = stage()
        cursor = play.remote().changes(None).cursor
        play.server.fail("REPORT", Fault(cuts=True))
        assert play.remote().changes(cursor).present == {}

    def test_multistatus_of_nothing(self, stage: ScriptedCalendars) -> None:
        """An answer about no resource at all says nothing of this one."""
        play = stage()
        play.server.fail("PROPFIND", Fault(answer=Answer(207, {}, b'<D:multistatus xmlns:D="DAV:"/>')))
        with pytest.raises(PartialAnswerError):
            play.remote().changes(None)


class TestCollectionThatIsNotThere:
    def test_vanishes_before_it_is_listed(self, stage: ScriptedCalendars) -> None:
        """A 404 inside a listing is told from an empty list, too."""
        play = stage(gone_inside_207=True)
        play.server.fail("PROPFIND", Fault(), Fault(during=play.world.vanish))
        with pytest.raises(CollectionGoneError):
            play.remote().changes(None)

    def test_404_inside_a_207(self, stage: ScriptedCalendars) -> None:
        """A deleted calendar that is answered with 207 and the 404 inside is gone, not empty."""
        play = stage(gone_inside_207=True)
        cursor = play.remote().changes(None).cursor
        play.world.vanish()
        with pytest.raises(CollectionGoneError):
            play.remote().changes(cursor)

    def test_another_users_calendar(self, stage: ScriptedCalendars) -> None:
        """A calendar that the server redirects to a path of one's own is not ours to follow."""
        play = stage()
        play.server.fail("REPORT", status(301, Location="/home/own/"))
        with pytest.raises(CollectionGoneError, match="/home/own/"):
            play.remote().changes("sync:token")
        assert play.server.count() == 1

    def test_another_users_calendar_that_makes_the_server_fail(self, stage: ScriptedCalendars) -> None:
        """A 500 says nothing of what is there."""
        play = stage()
        play.server.behave(sync=Refusal(status=500))
        play.server.fail("PROPFIND", status(500))
        with pytest.raises(UnavailableError):
            play.remote().changes("sync:token")


class TestHrefs:
    def test_spelled_otherwise(self, stage: ScriptedCalendars) -> None:
        """Hrefs that come back as URLs, or escaped otherwise than they were put, are the same hrefs."""
        play = stage(escapes_hrefs=True)
        hrefs = [*play.put_events(2), play.world.href("a b@example.com.ics")]
        play.world.hand.put(hrefs[2], play.body(2))
        remote = play.remote()
        changes = remote.changes(None)
        assert set(changes.present) == set(hrefs)
        assert set(remote.fetch(hrefs)) == set(hrefs)
        play.world.hand.delete(hrefs[2])
        assert remote.changes(changes.cursor).removed == {hrefs[2]}

    def test_collections_inside(self, stage: ScriptedCalendars) -> None:
        """What lies in a collection inside, or elsewhere, is no resource of this one."""
        play = stage()
        own = play.world.href("")
        inside = "".join(
            f"<D:response><D:href>{href}</D:href><D:status>HTTP/1.1 200 OK</D:status></D:response>"
            for href in (own, f"{own}inside/", f"{own}inside/a.ics", "/elsewhere/b.ics")
        )
        body = f'<D:multistatus xmlns:D="DAV:">{inside}<D:sync-token>t</D:sync-token></D:multistatus>'
        play.server.fail("REPORT", Fault(answer=Answer(207, {}, body.encode())))
        assert play.remote().changes("sync:token").present == {}
