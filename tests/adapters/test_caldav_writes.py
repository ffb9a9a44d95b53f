"""Writes on servers that bend the rules: what stands there in the end, and what the caller is told."""

import time

import pytest

from syncd.core.sync.calendars import Capabilities
from syncd.ports.remote.errors import (
    ForbiddenError,
    PreconditionFailedError,
    RejectedError,
    RemoteError,
    TooLargeError,
    UidConflictError,
    UnavailableError,
)
from tests.adapters.events import same_lines
from tests.adapters.scripted_calendars import ScriptedCalendars
from tests.servers.base import Answer
from tests.servers.quirks import Refusal
from tests.servers.scripted import Fault, Scripted, status


def with_a_note(body: bytes) -> bytes:
    """What a server makes of a body that it will not leave as it is."""
    return body.replace(b"END:VEVENT", b"CLASS:PUBLIC\r\nEND:VEVENT")


def wait_until_closed(server: Scripted) -> None:
    """Wait for the server's side of all connections to be closed."""
    deadline = time.monotonic() + 10
    while server.open_connections and time.monotonic() < deadline:
        time.sleep(0.005)


class TestUidConflicts:
    @pytest.mark.parametrize(
        "refusal",
        [
            Refusal(status=403, condition="C:unique-scheduling-object-resource"),
            Refusal(status=409, condition="C:no-uid-conflict"),
            Refusal(status=412, condition="C:no-uid-conflict"),
        ],
        ids=lambda refusal: str(refusal.status),
    )
    def test_told_with_the_place(self, stage: ScriptedCalendars, refusal: Refusal) -> None:
        """A UID that is taken is told apart from a failed precondition by the condition, with the href if given."""
        play = stage(uid_conflict=refusal)
        play.put_events(1)
        with pytest.raises(UidConflictError) as refused:
            play.remote().create(play.href(9), play.body(0))
        assert refused.value.details["href"] == play.href(0)

    def test_409_without_a_word(self, stage: ScriptedCalendars) -> None:
        """A 409 in a calendar that exists is a UID that is taken: there is no parent to be missing."""
        play = stage(uid_conflict=Refusal(status=409))
        play.put_events(1)
        with pytest.raises(UidConflictError):
            play.remote().create(play.href(9), play.body(0))


class TestPreconditionsOverlooked:
    def test_create_where_something_stands(self, stage: ScriptedCalendars) -> None:
        """A server that overwrites in spite of If-None-Match is looked at first; nothing is overwritten."""
        play = stage(heeds_preconditions=False)
        play.put_events(1)
        remote = play.stranger()
        with pytest.raises(PreconditionFailedError):
            remote.create(play.href(0), play.body(1))
        assert play.stored() == play.body()

    def test_first_create_finds_it_out(self, stage: ScriptedCalendars) -> None:
        """The first create tries the precondition over its own body, and later writes look first."""
        play = stage(heeds_preconditions=False)
        remote = play.stranger()
        receipt = remote.create(play.href(0), play.body(0))
        assert remote.capabilities.preconditions is False
        assert remote.fetch([receipt.href])[receipt.href].etag == receipt.etag
        play.put_events(2)
        with pytest.raises(PreconditionFailedError):
            remote.create(play.href(1), play.body(2))

    def test_replace_what_the_provider_deleted(self, stage: ScriptedCalendars) -> None:
        """A server that creates in spite of If-Match makes no deleted event anew."""
        play = stage(heeds_preconditions=False)
        with pytest.raises(PreconditionFailedError):
            play.stranger().replace(play.href(), play.body(), '"old"')
        assert play.server.dav.calendars.popitem()[1].resources == {}

    def test_replace_what_the_provider_edited(self, stage: ScriptedCalendars) -> None:
        """A server that overwrites in spite of a stale If-Match loses no edit that was there to be seen."""
        play = stage(heeds_preconditions=False)
        play.put_events(1)
        with pytest.raises(PreconditionFailedError):
            play.stranger().replace(play.href(), play.body(summary="Ours"), '"old"')
        assert play.stored() == play.body()

    def test_delete_what_the_provider_edited(self, stage: ScriptedCalendars) -> None:
        """A server that deletes in spite of a stale If-Match deletes no edit, however well it was known."""
        play = stage(heeds_preconditions=False)
        play.put_events(1)
        with pytest.raises(PreconditionFailedError):
            play.remote().remove(play.href(), '"old"')
        assert play.stored() == play.body()

    def test_trying_them_fails(self, stage: ScriptedCalendars) -> None:
        """A server that fails while it is tried has stored the event all the same; it is tried again next time."""
        play = stage()
        play.server.fail("PUT", Fault(), status(500))
        remote = play.stranger()
        assert remote.create(play.href(), play.body()).stored == play.body()
        assert remote.capabilities.preconditions is None

    def test_server_that_heeds_them(self, stage: ScriptedCalendars) -> None:
        """Where the first create shows that preconditions hold, the next is one request."""
        play = stage()
        remote = play.stranger()
        remote.create(play.href(0), play.body(0))
        assert remote.capabilities.preconditions
        before = remote.requests
        remote.create(play.href(1), play.body(1))
        assert remote.requests == before + 1


class TestTwoWriters:
    def test_both_are_told_that_they_won(self, stage: ScriptedCalendars) -> None:
        """Whose edit stands is seen in the next cycle: the ETag there is not the receipt's."""
        play = stage()
        [href] = play.put_events(1)
        before = play.remote().changes(None)
        receipt = play.remote().replace(href, play.body(summary="Ours"), before.present[href])
        play.world.hand.put(href, play.body(summary="Mine"))
        assert play.remote().changes(before.cursor).present[href] not in {None, receipt.etag}

    def test_edit_between_the_write_and_its_reading_back(self, stage: ScriptedCalendars) -> None:
        """What the provider puts right after us is not taken for what the server made of ours."""
        play = stage()
        [href] = play.put_events(1)
        remote = play.remote(Capabilities(preconditions=True))
        etag = remote.changes(None).present[href]
        play.server.fail("GET", Fault(during=lambda: play.world.hand.put(href, play.body(summary="Mine"))))
        written = remote.replace(href, play.body(summary="Ours"), etag)
        assert written.stored == play.body(summary="Ours")
        assert play.stored() == play.body(summary="Mine")
        assert play.remote().changes(None).present[play.href()] != written.etag

    def test_creator_who_loses_is_answered_with_500(self, stage: ScriptedCalendars) -> None:
        """A 5xx after a PUT says nothing of what is stored: the outcome is unknown, and the winner's body stands."""
        play = stage(existing_on_create=500)
        play.put_events(1)
        with pytest.raises(UnavailableError) as unknown:
            play.remote().create(play.href(), play.body(1))
        assert unknown.value.details["status"] == 500
        assert play.stored() == play.body()

    def test_locked(self, stage: ScriptedCalendars) -> None:
        """A 423 is a writer who was faster."""
        play = stage()
        play.server.fail("PUT", status(423))
        with pytest.raises(PreconditionFailedError):
            play.remote().create(play.href(), play.body())


class TestReceipts:
    def test_no_etag_on_put(self, stage: ScriptedCalendars) -> None:
        """Where the answer has no ETag, the one that stands is read."""
        play = stage(etag_on_put=False)
        remote = play.remote()
        receipt = remote.create(play.href(), play.body())
        assert receipt.etag == play.remote().changes(None).present[play.href()]
        assert remote.capabilities.etag_on_put is False

    def test_body_rewritten_under_an_etag(self, stage: ScriptedCalendars) -> None:
        """An ETag does not say that the body was stored as sent: the first is read back, and so is each from then."""
        play = stage(rewrites=with_a_note)
        remote = play.stranger()
        receipt = remote.create(play.href(0), play.body(0))
        assert receipt.stored == with_a_note(play.body(0))
        assert remote.capabilities.faithful is False
        again = remote.replace(play.href(0), play.body(0, summary="Moved"), receipt.etag)
        assert again.stored == with_a_note(play.body(0, summary="Moved"))

    def test_reading_back_fails(self, stage: ScriptedCalendars) -> None:
        """A write that succeeded is reported, even if what became of it cannot be read."""
        play = stage(etag_on_put=False)
        play.server.fail("GET", status(500))
        receipt = play.remote().create(play.href(), play.body())
        assert (receipt.etag, receipt.stored) == (None, play.body())

    def test_deleted_before_it_is_read_back(self, stage: ScriptedCalendars) -> None:
        """A deletion right after the write is the provider's, and the next cycle's to see."""
        play = stage(etag_on_put=False)
        play.server.fail("GET", Fault(during=lambda: play.world.hand.delete(play.href())))
        assert play.remote().create(play.href(), play.body()).etag is None


class TestSchedulingServers:
    def test_412_that_is_no_etag_conflict(self, stage: ScriptedCalendars) -> None:
        """A 412 while the ETag holds, or while nothing stands there, refuses the body, now and later."""
        play = stage()
        [href] = play.put_events(1)
        etag = play.remote().changes(None).present[href]
        play.server.behave(refuses_bodies=Refusal(status=412))
        with pytest.raises(RejectedError):
            play.remote().replace(href, play.body(), etag)
        with pytest.raises(RejectedError):
            play.remote().create(play.href(1), play.body(1))

    def test_reply_was_merged(self, stage: ScriptedCalendars) -> None:
        """An ETag that moved under the same Schedule-Tag stops no write: only replies were merged (RFC 6638 3.2.10)."""
        play = stage(schedule_tags=True)
        [href] = play.put_events(1)
        seen = play.remote().fetch([href])[href]
        play.server.dav.merge_reply(href, with_a_note)
        play.remote().replace(href, play.body(summary="Ours"), seen.etag, seen.schedule_tag)
        assert play.server.seen[-1].headers["If-Schedule-Tag-Match"] == seen.schedule_tag
        assert play.stored() == play.body(summary="Ours")

    def test_provider_edited_under_a_schedule_tag(self, stage: ScriptedCalendars) -> None:
        """An edit moves the Schedule-Tag as well, and stops the write."""
        play = stage(schedule_tags=True)
        [href] = play.put_events(1)
        seen = play.remote().fetch([href])[href]
        play.world.hand.put(href, play.body(summary="Mine"))
        with pytest.raises(PreconditionFailedError):
            play.remote().replace(href, play.body(summary="Ours"), seen.etag, seen.schedule_tag)
        assert play.stored() == play.body(summary="Mine")

    def test_deletion_that_always_fails(self, stage: ScriptedCalendars) -> None:
        """A permanent 500 is told with its status, so that one resource can be given up and the others go on."""
        play = stage()
        first, second = play.put_events(2)
        play.server.fail("DELETE", status(500))
        remote = play.remote()
        with pytest.raises(UnavailableError) as failed:
            remote.remove(first, None)
        assert failed.value.details["status"] == 500
        remote.remove(second, None)
        assert set(play.remote().changes(None).present) == {first}


class TestRemovals:
    def test_absent_is_answered_with_412(self, stage: ScriptedCalendars) -> None:
        """A resource that goes between the look and the DELETE is removed, whatever the status is."""
        play = stage(absent_on_delete=412)
        [href] = play.put_events(1)
        play.server.fail("DELETE", Fault(during=lambda: play.world.hand.delete(href)))
        play.remote().remove(href, None)
        assert play.remote().changes(None).present == {}


class TestOnTheWire:
    def test_body_is_sent_whole(self, stage: ScriptedCalendars) -> None:
        """A PUT says how long it is: servers refuse a chunked one."""
        play = stage()
        play.remote().create(play.href(), play.body())
        [put] = play.server.seen
        assert put.headers["Content-Length"] == str(len(play.body()))
        assert "Transfer-Encoding" not in put.headers
        assert put.headers["Content-Type"] == "text/calendar; charset=utf-8"


class TestRefusals:
    @pytest.mark.parametrize(
        ("refusal", "error"),
        [
            (Refusal(status=413), TooLargeError),
            (Refusal(status=507), TooLargeError),
            (Refusal(status=403, condition="C:max-resource-size"), TooLargeError),
            (Refusal(status=400), RejectedError),
            (Refusal(status=415), RejectedError),
            (Refusal(status=403, condition="C:valid-calendar-data"), RejectedError),
            (Refusal(status=403, condition="C:allowed-attendee-scheduling-object-change"), RejectedError),
            (Refusal(status=403), ForbiddenError),
            (Refusal(status=405), ForbiddenError),
            (Refusal(status=404), PreconditionFailedError),
        ],
        ids=str,
    )
    def test_status_or_condition(self, stage: ScriptedCalendars, refusal: Refusal, error: type[RemoteError]) -> None:
        """The type of the error says what to do: give this body up, ask a person, or look again."""
        play = stage(refuses_bodies=refusal)
        with pytest.raises(error):
            play.remote().create(play.href(), play.body())

    def test_replacing_is_refused_alike(self, stage: ScriptedCalendars) -> None:
        """The same holds for a resource that stands there."""
        play = stage(read_only=True)
        [href] = play.put_events(1)
        with pytest.raises(ForbiddenError):
            play.remote().replace(href, play.body(), '"any"')

    def test_announced_size(self, stage: ScriptedCalendars) -> None:
        """A body that the server said it would not take is not sent."""
        play = stage(max_resource_size=100)
        remote = play.remote()
        remote.changes(None)
        with pytest.raises(TooLargeError):
            remote.create(play.href(), play.body())
        assert play.server.count("PUT") == 0

    def test_calendar_shared_for_reading(self, stage: ScriptedCalendars) -> None:
        """A calendar that may only be read says so in its privileges, and refuses writes as forbidden."""
        play = stage(read_only=True)
        remote = play.remote()
        remote.changes(None)
        assert remote.capabilities.writable is False
        with pytest.raises(ForbiddenError):
            remote.create(play.href(), play.body())


class TestLostAnswers:
    def test_put_took_place(self, stage: ScriptedCalendars) -> None:
        """A PUT whose answer is lost is not sent again; what stands there tells that it took place."""
        play = stage()
        play.server.fail("PUT", Fault(drops=True, carried_out=True))
        with pytest.raises(UnavailableError):
            play.remote().create(play.href(), play.body())
        assert play.server.count("PUT") == 1
        assert same_lines(play.stored(), play.body())

    def test_answer_breaks_off(self, stage: ScriptedCalendars) -> None:
        """Half an answer to a PUT is none."""
        play = stage()
        play.server.fail("PUT", Fault(answer=Answer(201, {}, b"created"), cuts=True))
        with pytest.raises(UnavailableError):
            play.remote().create(play.href(), play.body())
        assert play.server.count("PUT") == 1

    def test_put_took_no_place(self, stage: ScriptedCalendars) -> None:
        """A PUT that never arrived looks the same to the caller."""
        play = stage()
        play.server.fail("PUT", Fault(drops=True))
        with pytest.raises(UnavailableError):
            play.remote().create(play.href(), play.body())
        assert play.remote().changes(None).present == {}

    def test_connection_that_the_server_closed_meanwhile(self, stage: ScriptedCalendars) -> None:
        """A pooled connection that is closed is noticed before a write is entrusted to it."""
        play = stage()
        play.put_events(1)
        play.server.fail("GET", Fault(closes=True))
        remote = play.remote()
        remote.fetch([play.href()])
        wait_until_closed(play.server)
        remote.create(play.href(1), play.body(1))
        assert play.server.count("PUT") == 1
