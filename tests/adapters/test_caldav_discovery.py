"""From an address to a calendar, on servers that redirect, answer strangers, and list what is no calendar."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syncd.ports.remote.errors import AmbiguousCalendarError, ForbiddenError, NotACalendarError, UnavailableError
from syncd.ports.remote.values import Discovered
from tests.adapters.certificates import a_tls_server
from tests.adapters.scripted_calendars import ScriptedCalendar, ScriptedCalendars
from tests.servers.base import Answer, free_port
from tests.servers.scripted import Fault, status

PRACTICE = "Practice appointments"


def discover(play: ScriptedCalendar, path: str, name: str | None = PRACTICE) -> Discovered:
    account = replace(play.world.account, url=play.server.url.rstrip("/") + path)
    return play.world.servers.discover(account, name)


class TestTheWay:
    @pytest.mark.parametrize("path", ["/", "/principal/", ""])
    def test_root_or_principal(self, stage: ScriptedCalendars, path: str) -> None:
        """A root and a principal lead to the home, where the calendar is made under a plain name."""
        play = stage()
        found = discover(play, path)
        assert found.url == f"{play.server.url}home/practice-appointments/"
        assert found.created

    @pytest.mark.parametrize("location", ["/principal/", "http://127.0.0.1:{port}/principal/", "principal/"])
    def test_root_redirects(self, stage: ScriptedCalendars, location: str) -> None:
        """A redirect of the root is followed, relative or absolute."""
        play = stage()
        play.server.behave(root_redirects_to=location.format(port=play.server.port))
        assert discover(play, "/").created

    @pytest.mark.parametrize("code", [405, 200, 501])
    def test_site_without_webdav_at_its_root(self, stage: ScriptedCalendars, code: int) -> None:
        """Where the root is only a web page, the well-known address leads on."""
        play = stage()
        play.server.fail("PROPFIND", status(code))
        assert discover(play, "/").created

    def test_root_that_knows_no_account(self, stage: ScriptedCalendars) -> None:
        """A root that is WebDAV but knows nobody is passed by."""
        play = stage()
        body = b'<D:multistatus xmlns:D="DAV:"><D:response><D:href>/</D:href></D:response></D:multistatus>'
        play.server.fail("PROPFIND", Fault(answer=Answer(207, {}, body)))
        assert discover(play, "/").created

    def test_account_without_a_home(self, stage: ScriptedCalendars) -> None:
        """An account that has no calendar home is said to have none."""
        play = stage()
        body = (
            b'<D:multistatus xmlns:D="DAV:"><D:response><D:href>/principal/</D:href><D:propstat><D:prop>'
            b"<D:current-user-principal><D:href>/principal/</D:href></D:current-user-principal>"
            b"</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>"
        )
        play.server.fail("PROPFIND", *[Fault(answer=Answer(207, {}, body))] * 2)
        with pytest.raises(NotACalendarError, match="does not say"):
            discover(play, "/")

    def test_forbidden(self, stage: ScriptedCalendars) -> None:
        """An address that the account may not see is forbidden, not missing."""
        play = stage()
        play.server.fail("PROPFIND", status(403))
        with pytest.raises(ForbiddenError):
            discover(play, "/home/theirs/")

    def test_server_that_does_not_know_of_its_tls(self, tmp_path: Path) -> None:
        """Behind a proxy that ends TLS a server writes http; its path is meant, and TLS is kept."""
        with a_tls_server(tmp_path) as (server, servers):
            server.behave(home_on=f"http://127.0.0.1:{server.port}")
            found = servers.discover(replace(server.account, url=f"https://127.0.0.1:{server.port}/"), PRACTICE)
        assert found.url == f"https://127.0.0.1:{server.port}/home/practice-appointments/"

    def test_server_that_answers_strangers(self, stage: ScriptedCalendars) -> None:
        """The login goes along unasked, so that a server which never asks says whose account it is."""
        play = stage(answers_strangers_at_root=True)
        assert discover(play, "/").created

    def test_address_of_nothing(self, stage: ScriptedCalendars) -> None:
        """A calendar's address that leads nowhere is no reason to make one elsewhere."""
        play = stage()
        with pytest.raises(NotACalendarError):
            discover(play, "/home/old/")
        assert play.server.count("MKCALENDAR") == 0

    def test_another_users_calendar(self, stage: ScriptedCalendars) -> None:
        """A calendar's address that the server turns into another one is not that calendar."""
        play = stage()
        play.server.fail("PROPFIND", status(301, Location="/principal/"))
        with pytest.raises(NotACalendarError):
            discover(play, "/home/theirs/")

    def test_circle_of_redirects(self, stage: ScriptedCalendars) -> None:
        """A server that redirects for ever is no calendar."""
        play = stage(root_redirects_to="/", well_known_redirects_to="/.well-known/caldav")
        with pytest.raises(NotACalendarError):
            discover(play, "/")

    def test_nobody_listens(self, stage: ScriptedCalendars) -> None:
        """An address where no server is says so."""
        play = stage()
        account = replace(play.world.account, url=f"http://127.0.0.1:{free_port()}/")
        with pytest.raises(UnavailableError, match="cannot be reached"):
            play.world.servers.discover(account, PRACTICE)

    @pytest.mark.parametrize("url", ["ftp://example.com/", "https:///calendar", "https://example.com:port/"])
    def test_no_web_address(self, stage: ScriptedCalendars, url: str) -> None:
        """What is no web address is refused before anything is sent."""
        play = stage()
        with pytest.raises(NotACalendarError, match="web address"):
            play.world.servers.discover(replace(play.world.account, url=url), PRACTICE)

    def test_bare_domain(self, stage: ScriptedCalendars, monkeypatch: pytest.MonkeyPatch) -> None:
        """An e-mail address or domain is located through the DNS (RFC 6764)."""
        play = stage()
        monkeypatch.setattr("caldav.discovery.discover_caldav", lambda _: play.server)
        found = play.world.servers.discover(replace(play.world.account, url="provider@example.com"), PRACTICE)
        assert found.url.startswith(play.server.url)


class TestCredentialsStayAtHome:
    """A login is sent to the origin that the person named, and to no other."""

    def quirks_that_lead_to(self, url: str) -> list[dict[str, Any]]:
        return [{"root_redirects_to": f"{url}principal/"}, {"home_on": url.rstrip("/")}]

    @pytest.mark.parametrize("way", [0, 1], ids=["redirect", "home"])
    def test_another_host(self, stage: ScriptedCalendars, way: int) -> None:
        """The person is told the address, and decides."""
        other = stage()
        play = stage(**self.quirks_that_lead_to(other.server.url)[way])
        other.server.seen.clear()
        with pytest.raises(NotACalendarError, match=other.server.url) as refused:
            discover(play, "/")
        assert refused.value.details["url"].startswith(other.server.url)
        assert other.server.count() == 0


class TestTheHome:
    def test_scheduling_boxes_listed_as_calendars(self, stage: ScriptedCalendars) -> None:
        """An inbox or outbox of the right name is not the calendar."""
        play = stage(lists_scheduling_boxes=True)
        found = discover(play, "/")
        assert found.created
        assert discover(play, "/").url == found.url

    def test_files_listed_beside_calendars(self, stage: ScriptedCalendars) -> None:
        """NAME.ics and NAME.xml beside a calendar are not the calendar."""
        play = stage(lists_files_beside_calendars=True)
        found = discover(play, "/")
        assert discover(play, "/").url == found.url
        assert found.url.endswith("/practice-appointments/")

    def test_name_whose_address_is_taken(self, stage: ScriptedCalendars) -> None:
        """A calendar whose name reads alike keeps its address."""
        play = stage()
        play.server.hand.make_collection("/home/practice-appointments/", "practice Appointments")
        assert discover(play, "/").url.endswith("/practice-appointments-2/")

    def test_name_without_plain_letters(self, stage: ScriptedCalendars) -> None:
        """An address is plain ASCII, whatever the name is."""
        assert discover(stage(), "/", "Práctica").url.endswith("/pr-ctica/")
        assert discover(stage(), "/", "約束").url.endswith("/calendar/")

    def test_server_that_makes_no_calendars(self, stage: ScriptedCalendars) -> None:
        """Where calendars cannot be made, the person is told what to do."""
        with pytest.raises(ForbiddenError, match="make one called"):
            discover(stage(makes_no_calendars=True), "/")

    def test_several_homes(self, stage: ScriptedCalendars) -> None:
        """All homes of an account are looked through before a calendar is made."""
        play = stage(more_homes=("/teams/",))
        play.server.hand.make_collection("/teams/practice/", PRACTICE)
        assert discover(play, "/").url.endswith("/teams/practice/")

    def test_home_on_another_host_among_others(self, stage: ScriptedCalendars) -> None:
        """A home that leads to another host is passed by where there is one here."""
        assert discover(stage(home_on="http://other.example", more_homes=("/teams/",)), "/").created

    def test_own_calendar_beside_a_share(self, stage: ScriptedCalendars) -> None:
        """A colleague's share of the same name is passed by for the account's own."""
        play = stage(shared_by_others=frozenset({"/home/share/"}))
        for path in ("/home/share/", "/home/mine/"):
            play.server.hand.make_collection(path, PRACTICE)
        assert discover(play, "/").url.endswith("/home/mine/")

    @pytest.mark.parametrize("tells_owners", [True, False])
    def test_two_of_the_name(self, stage: ScriptedCalendars, tells_owners: bool) -> None:
        """Where the name fits several, nothing is chosen: the choices are listed."""
        play = stage(tells_owners=tells_owners)
        for path in ("/home/one/", "/home/two/"):
            play.server.hand.make_collection(path, PRACTICE)
        with pytest.raises(AmbiguousCalendarError, match=r"/home/one/.*/home/two/") as refused:
            discover(play, "/")
        assert [choice["url"][-10:] for choice in refused.value.details["choices"]] == ["/home/one/", "/home/two/"]
        assert play.server.count("MKCALENDAR") == 0

    def test_only_a_colleagues_share(self, stage: ScriptedCalendars) -> None:
        """Somebody else's calendar is not taken for want of an own one, and none is made beside it unasked."""
        play = stage(shared_by_others=frozenset({"/home/share/"}))
        play.server.hand.make_collection("/home/share/", PRACTICE)
        with pytest.raises(AmbiguousCalendarError, match="somebody else's"):
            discover(play, "/")

    def test_collection_as_the_server_spells_it(self, stage: ScriptedCalendars) -> None:
        """The address that is kept has the server's own spelling, and a cycle uses it."""
        play = stage()
        play.server.hand.make_collection("/home/us@er/", PRACTICE)
        url = f"{play.server.url}home/us%40er/"
        found = play.world.servers.discover(replace(play.world.account, url=url), PRACTICE)
        assert found.url == url

    def test_capabilities(self, stage: ScriptedCalendars) -> None:
        """What the server was seen to do is known when the calendar is connected."""
        found = discover(stage(max_resource_size=5000), "/").capabilities
        assert (found.sync_collection, found.ctag, found.writable, found.auto_schedule) == (True, True, True, False)
        assert found.max_resource_size == 5000
