"""The contract of the calendar port: the adapter in memory, and the CalDAV adapter on real and scripted servers."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from syncd.core.sync.calendars import Calendar
from syncd.ports.remote.errors import (
    CollectionGoneError,
    LoginRefusedError,
    NotACalendarError,
    PreconditionFailedError,
    UidConflictError,
)
from tests.adapters.events import an_event, same_lines
from tests.adapters.worlds import World, memory_world, server_world


@pytest.fixture(params=["memory", "radicale", "xandikos", "scripted"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "memory":
        world = memory_world()
    else:
        server = request.getfixturevalue(f"{request.param}_server")
        world = server_world(server)
    yield world
    world.close()


def put_events(world: World, count: int) -> list[str]:
    hrefs = [world.href(f"event-{number}.ics") for number in range(count)]
    for number, href in enumerate(hrefs):
        world.hand.put(href, an_event(f"event-{number}@example.com"))
    return hrefs


class TestChanges:
    def test_first_contact(self, world: World) -> None:
        """Without a cursor the whole collection is listed, and nothing is said to be gone."""
        hrefs = put_events(world, 3)
        changes = world.remote().changes(None)
        assert changes.complete
        assert set(changes.present) == set(hrefs)
        assert not changes.removed
        assert not changes.cursor_lost

    @pytest.mark.parametrize("count", [0, 10, 60])
    def test_idle_calendar(self, world: World, count: int) -> None:
        """Where nothing changed, nothing is told, for one request however many events there are."""
        put_events(world, count)
        cursor = world.remote().changes(None).cursor
        remote = world.remote()
        changes = remote.changes(cursor)
        assert (dict(changes.present), changes.removed, changes.complete) == ({}, frozenset(), False)
        assert remote.requests == 1

    def test_provider_edits_adds_and_deletes(self, world: World) -> None:
        """Edited and new resources are present with their ETags, deleted ones removed, others not mentioned."""
        edited, deleted, _kept = put_events(world, 3)
        before = world.remote().changes(None)
        world.hand.put(edited, an_event("event-0@example.com", start="20261202T100000Z"))
        world.hand.delete(deleted)
        world.hand.put(world.href("own.ics"), an_event("own@example.net"))
        changes = world.remote().changes(before.cursor)
        assert set(changes.present) == {edited, world.href("own.ics")}
        assert changes.present[edited] != before.present[edited]
        assert changes.removed == {deleted}

    def test_cursor_of_no_server(self, world: World) -> None:
        """A cursor that the server never gave is answered with everything, and said to be lost."""
        hrefs = put_events(world, 2)
        changes = world.remote().changes("sync:https://example.com/ns/sync/never-given")
        assert changes.complete
        assert changes.cursor_lost
        assert set(changes.present) == set(hrefs)
        assert world.remote().changes(changes.cursor).present == {}

    def test_collection_made_anew_at_the_same_url(self, world: World) -> None:
        """A cursor of another life of the collection is lost, and the answer is about what is there now."""
        put_events(world, 2)
        cursor = world.remote().changes(None).cursor
        world.recreate()
        world.hand.put(world.href("new.ics"), an_event("new@example.com"))
        changes = world.remote().changes(cursor)
        assert changes.cursor_lost
        assert changes.complete
        assert set(changes.present) == {world.href("new.ics")}

    def test_vanished_collection(self, world: World) -> None:
        """A collection that is gone is an error of its own, with a cursor or without, never an empty list."""
        put_events(world, 1)
        cursor = world.remote().changes(None).cursor
        world.vanish()
        for known in (cursor, None):
            with pytest.raises(CollectionGoneError):
                world.remote().changes(known)

    def test_own_write_comes_back_with_the_receipts_etag(self, world: World) -> None:
        """What syncd wrote is told like any change, under the ETag of the receipt: that is how it is known again."""
        remote = world.remote()
        cursor = remote.changes(None).cursor
        receipt = remote.create(remote.href_for("a.ics"), an_event())
        assert dict(world.remote().changes(cursor).present) == {receipt.href: receipt.etag}


class TestFetch:
    def test_no_hrefs(self, world: World) -> None:
        """Nothing asked for is nothing requested: an empty multiget makes servers fail."""
        remote = world.remote()
        assert dict(remote.fetch([])) == {}
        assert remote.requests == 0

    @pytest.mark.parametrize("count", [1, 2, 60])
    def test_resources_among_absent_ones(self, world: World, count: int) -> None:
        """What stands there is returned with its bytes and ETag; what is proved absent is left out."""
        hrefs = put_events(world, count)
        listed = world.remote().changes(None).present
        found = world.remote().fetch([*hrefs, world.href("absent.ics")])
        assert set(found) == set(hrefs)
        assert all(stored.etag == listed[href] for href, stored in found.items())
        assert same_lines(found[hrefs[-1]].body, world.hand.get(hrefs[-1]))

    def test_vanished_collection(self, world: World) -> None:
        """Resources of a collection that is gone are not absent: nothing is known of them."""
        hrefs = put_events(world, 2)
        remote = world.remote()
        world.vanish()
        with pytest.raises(CollectionGoneError):
            remote.fetch(hrefs)

    def test_find_uid(self, world: World) -> None:
        """A UID is found whole, not as a part of another."""
        put_events(world, 3)
        world.hand.put(world.href("longer.ics"), an_event("an-event-1@example.com"))
        assert list(world.remote().find_uid("event-1@example.com")) == [world.href("event-1.ics")]
        assert list(world.remote().find_uid("event-9@example.com")) == []


class TestCreate:
    def test_new_resource(self, world: World) -> None:
        """The receipt tells where it stands, under which ETag, and what the server made of the body."""
        remote = world.remote()
        href = remote.href_for("a.ics")
        receipt = remote.create(href, an_event())
        stored = world.remote().fetch([href])[href]
        assert (receipt.href, receipt.etag) == (href, stored.etag)
        assert receipt.stored is not None
        assert same_lines(receipt.stored, world.hand.get(href))

    def test_something_stands_there(self, world: World) -> None:
        """A resource that is there already is not overwritten, with what is known of the server or before."""
        remote = world.remote()
        [href] = put_events(world, 1)
        before = world.hand.get(href)
        with pytest.raises(PreconditionFailedError):
            remote.create(href, an_event("other@example.com"))
        remote.create(remote.href_for("new.ics"), an_event("new@example.com"))
        with pytest.raises(PreconditionFailedError):
            remote.create(href, an_event("other@example.com"))
        assert world.hand.get(href) == before

    def test_uid_is_there_under_another_name(self, world: World) -> None:
        """A UID that another resource of the collection has is refused as such, not as a failed precondition."""
        put_events(world, 1)
        remote = world.remote()
        with pytest.raises(UidConflictError):
            remote.create(remote.href_for("copy.ics"), an_event("event-0@example.com"))
        assert set(world.remote().changes(None).present) == {world.href("event-0.ics")}

    def test_vanished_collection(self, world: World) -> None:
        """Nothing can be created where there is no collection, and none is made by the way."""
        remote = world.remote()
        world.vanish()
        with pytest.raises(CollectionGoneError):
            remote.create(remote.href_for("a.ics"), an_event())

    def test_in_one_calendar_of_two(self, world: World) -> None:
        """A write in one calendar leaves another of the account as it was."""
        another = world.another_calendar()
        cursor = another.remote().changes(None).cursor
        remote = world.remote()
        remote.create(remote.href_for("a.ics"), an_event())
        assert another.remote().changes(cursor).present == {}


class TestReplace:
    def test_known_version(self, world: World) -> None:
        """A resource is replaced in place, under a new ETag."""
        remote = world.remote()
        first = remote.create(remote.href_for("a.ics"), an_event())
        second = remote.replace(first.href, an_event(summary="Moved"), first.etag)
        assert second.etag != first.etag
        assert b"Moved" in world.hand.get(first.href)
        assert remote.replace(first.href, an_event(summary="Again"), second.etag).etag != second.etag

    def test_provider_was_faster(self, world: World) -> None:
        """An edit that syncd has not seen is never overwritten."""
        remote = world.remote()
        receipt = remote.create(remote.href_for("a.ics"), an_event())
        world.hand.put(receipt.href, an_event(summary="Mine"))
        with pytest.raises(PreconditionFailedError):
            remote.replace(receipt.href, an_event(summary="Ours"), receipt.etag)
        assert b"Mine" in world.hand.get(receipt.href)

    def test_provider_deleted_it(self, world: World) -> None:
        """A deleted resource is not made anew by replacing it."""
        remote = world.remote()
        receipt = remote.create(remote.href_for("a.ics"), an_event())
        world.hand.delete(receipt.href)
        for etag in (receipt.etag, None):
            with pytest.raises(PreconditionFailedError):
                remote.replace(receipt.href, an_event(summary="Ours"), etag)
        assert world.remote().changes(None).present == {}

    def test_unknown_version(self, world: World) -> None:
        """Without an ETag the version of this moment is replaced."""
        [href] = put_events(world, 1)
        remote = world.remote()
        remote.replace(href, an_event("event-0@example.com", summary="Ours"), None)
        assert b"Ours" in world.hand.get(href)


class TestRemove:
    def test_known_version(self, world: World) -> None:
        """What is removed is gone; others stay as they are."""
        kept, removed = put_events(world, 2)
        before = world.hand.get(kept)
        remote = world.remote()
        remote.remove(removed, remote.changes(None).present[removed])
        assert set(world.remote().changes(None).present) == {kept}
        assert world.hand.get(kept) == before

    def test_absent_already(self, world: World) -> None:
        """Removing what is absent is done."""
        world.remote().remove(world.href("absent.ics"), '"any"')
        assert world.remote().changes(None).present == {}

    def test_provider_was_faster(self, world: World) -> None:
        """An edit that syncd has not seen is not deleted."""
        remote = world.remote()
        receipt = remote.create(remote.href_for("a.ics"), an_event())
        world.hand.put(receipt.href, an_event(summary="Mine"))
        with pytest.raises(PreconditionFailedError):
            remote.remove(receipt.href, receipt.etag)
        assert b"Mine" in world.hand.get(receipt.href)


class TestDiscovery:
    def test_collection(self, world: World) -> None:
        """The address of a collection is that collection, whatever name is asked for."""
        found = world.servers.discover(replace(world.account, url=world.calendar.url), "Other")
        assert (found.url, found.name, found.created) == (world.calendar.url, "Work", False)

    def test_name_in_an_account(self, world: World) -> None:
        """A calendar is made under its name once, and found by it from then on."""
        account = replace(world.account, url=world.home)
        made = world.servers.discover(account, "Practice appointments")
        found = world.servers.discover(account, "Practice appointments")
        assert found.url == made.url
        assert not found.created
        calendar = replace(world.calendar, url=made.url, capabilities=made.capabilities)
        assert world.servers.open(calendar, account).changes(None).present == {}

    def test_account_without_a_name(self, world: World) -> None:
        """An account's address alone names no calendar."""
        with pytest.raises(NotACalendarError):
            world.servers.discover(replace(world.account, url=world.home), None)

    def test_calendars_of_an_account(self, world: World) -> None:
        """They are listed with their names, and nothing is made; of a calendar's own address that one alone."""
        account = replace(world.account, url=world.home)
        before = {one.url: one for one in world.servers.collections(account)}
        assert before[world.calendar.url].name == "Work"
        assert before[world.calendar.url].writable is not False
        assert before.keys() == {one.url for one in world.servers.collections(account)}
        other = world.another_calendar().calendar.url
        assert other in {one.url for one in world.servers.collections(account)}
        assert [one.url for one in world.servers.collections(replace(account, url=other))] == [other]

    @pytest.mark.parametrize("world", ["memory", "radicale", "scripted"], indirect=True)
    def test_wrong_password(self, world: World) -> None:
        """A refused login is an error of its own, in discovery and in a cycle."""
        account = replace(world.account, secret="wrong")
        with pytest.raises(LoginRefusedError):
            world.servers.discover(replace(account, url=world.home), "Work")
        with pytest.raises(LoginRefusedError):
            world.servers.open(world.calendar, account).changes(None)


def test_capabilities_are_remembered(world: World) -> None:
    """What one cycle learned is where the next begins: a create then costs one request."""
    remote = world.remote()
    remote.changes(None)
    remote.create(remote.href_for("a.ics"), an_event())
    calendar: Calendar = replace(world.calendar, capabilities=remote.capabilities)
    again = world.servers.open(calendar, world.account)
    again.create(again.href_for("b.ics"), an_event("session-2@example.com"))
    assert again.requests == 1
    assert again.capabilities.sync_collection
    assert again.capabilities.faithful
