"""One bad resource, broken XML, answers nobody asked for: what each costs, and what it must never cost."""

import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.adapters.caldav.answers import decoded
from syncd.adapters.caldav.auth import challenges
from syncd.adapters.caldav.multistatus import parse_multistatus
from syncd.adapters.caldav.session import pause_of
from syncd.adapters.caldav.urls import Origin, Spellings, escape, href_of, joined
from syncd.ports.remote.errors import CollectionGoneError, PartialAnswerError, RemoteError, UnavailableError
from tests.adapters.scripted_calendars import ScriptedCalendars
from tests.servers.base import Answer
from tests.servers.quirks import Refusal
from tests.servers.scripted import Fault, status

_HEAD = '<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'


def a_response(inside: str = "", href: str = "/cal/a.ics", line: str = "HTTP/1.1 200 OK") -> str:
    return (
        f'<D:response><D:href>{href}</D:href><D:propstat><D:prop><D:getetag>"1"</D:getetag>{inside}</D:prop>'
        f"<D:status>{line}</D:status></D:propstat></D:response>"
    )


def a_multistatus(*responses: str) -> bytes:
    return f"{_HEAD}{''.join(responses)}<D:sync-token>t1</D:sync-token></D:multistatus>".encode()


class TestOneBadResource:
    @pytest.mark.parametrize("spoils_multiget", [False, True])
    @pytest.mark.parametrize("code", [301, 302, 304, 400, 405, 406, 410, 414, 500, 501, 206])
    def test_it_is_that_ones_trouble(self, stage: ScriptedCalendars, code: int, spoils_multiget: bool) -> None:
        """Whatever a server answers for one resource, alone or in the midst of a multiget, the others are read."""
        play = stage(fails_on=frozenset({"event-1.ics"}), failure=code, spoils_multiget=spoils_multiget)
        hrefs = play.put_events(3)
        found = play.remote().fetch(hrefs)
        assert set(found) == {hrefs[0], hrefs[2]}
        assert set(found.failed) == (set() if code == 410 else {hrefs[1]})

    def test_its_page_is_no_event(self, stage: ScriptedCalendars) -> None:
        """A page for people in the place of a resource says nothing of what stands there."""
        play = stage()
        [href] = play.put_events(1)
        play.server.fail("GET", Fault(answer=Answer(200, {"Content-Type": "text/html"}, b"<html>Please log in")))
        assert set(play.remote().fetch([href]).failed) == {href}

    def test_the_server_is_down(self, stage: ScriptedCalendars) -> None:
        """Where the collection does not answer either, it is the server's trouble, and told as that."""
        play = stage()
        [href] = play.put_events(1)
        play.server.fail("GET", status(500))
        play.server.fail("PROPFIND", status(500))
        with pytest.raises(UnavailableError):
            play.remote().fetch([href])


class TestAbsence:
    def test_one_404(self, stage: ScriptedCalendars) -> None:
        """A single 404 for a single resource proves nothing: it is asked for once more."""
        play = stage()
        [href] = play.put_events(1)
        play.server.fail("GET", status(404))
        assert set(play.remote().fetch([href])) == {href}

    @pytest.mark.parametrize("count", [20, 212])
    def test_many_are_gone(self, stage: ScriptedCalendars, count: int) -> None:
        """What a multiget and a listing both leave out needs no request each."""
        play = stage()
        hrefs = play.put_events(count)
        for href in hrefs[:-1]:
            play.world.hand.delete(href)
        remote = play.remote()
        assert set(remote.fetch(hrefs)) == {hrefs[-1]}
        assert remote.requests <= 6 + count // 50

    def test_listing_that_is_cut_without_a_word(self, stage: ScriptedCalendars) -> None:
        """A few that it does not show are asked for; where one is there, all are."""
        play = stage(lists_at_most=2, multiget_at_most=0)
        hrefs = play.put_events(8)
        assert set(play.remote().fetch(hrefs)) == set(hrefs)


class TestXml:
    @pytest.mark.parametrize(
        "inside",
        [
            "<x:color>1</x:color>",
            "<D:owner y:kind='1'/>",
            "<D:displayname>a\x01b</D:displayname>",
            "<D:displayname>\x0c&#x1;&#0;&#11;</D:displayname>",
            "<D:displayname>\ufffe</D:displayname>",
            "<D:displayname>\x00</D:displayname>",
        ],
    )
    def test_one_property_is_broken(self, inside: str) -> None:
        """An undeclared prefix or a forbidden character costs that text alone."""
        found = parse_multistatus(a_multistatus(a_response(inside), a_response(href="/cal/b.ics")))
        assert [(entry.href, entry.text("{DAV:}getetag")) for entry in found.entries] == [
            ("/cal/a.ics", '"1"'),
            ("/cal/b.ics", '"1"'),
        ]
        assert found.token == "t1"

    def test_bytes_that_are_no_text(self) -> None:
        """Where the encoding is broken in one place, the rest is read."""
        body = a_multistatus(a_response("<D:displayname>X</D:displayname>")).replace(b">X<", b">\xff\xfe<")
        assert len(parse_multistatus(body).entries) == 1

    @pytest.mark.parametrize("inside", ["<oops>", "&undeclared;", "</D:prop>", "<![CDATA["])
    def test_broken_otherwise(self, inside: str) -> None:
        """Nothing is recovered: what is not well-formed is no answer."""
        with pytest.raises(PartialAnswerError):
            parse_multistatus(a_multistatus(a_response(inside)))

    @given(st.binary(max_size=300))
    def test_any_bytes(self, junk: bytes) -> None:
        """Whatever comes, it is an answer or a `RemoteError`."""
        for body in (junk, a_multistatus(a_response()).replace(b"getetag", junk, 1)):
            try:
                parse_multistatus(body)
            except RemoteError:
                continue

    @pytest.mark.parametrize("href", ["http://[bad", "http://[::1", "https://[x]/a"])
    def test_address_of_one_that_cannot_be_read(self, href: str) -> None:
        """It is left out, and said to be."""
        found = parse_multistatus(a_multistatus(a_response(href=href), a_response()))
        assert ([entry.href for entry in found.entries], found.unread) == (["/cal/a.ics"], 1)

    @pytest.mark.parametrize("line", ["HTTP/1.1 " + "2" * 5000, "HTTP/1.1", "200", "", "HTTP/1.1 ２００ OK"])
    def test_status_that_is_none(self, line: str) -> None:
        """Properties of no readable status are not found."""
        assert parse_multistatus(a_multistatus(a_response(line=line))).entries[0].props == {}

    def test_one_part_without_end(self) -> None:
        """Elements without end in one response are not kept."""
        with pytest.raises(PartialAnswerError, match="larger"):
            parse_multistatus(a_multistatus(a_response("<D:a/>" * 1_000_000)))

    def test_large_answer_is_read_one_by_one(self, stage: ScriptedCalendars) -> None:
        """A listing beyond the usual size is asked for again, alone, and read without being kept."""
        play = stage()
        hrefs = play.put_events(3)
        filler = "<D:displayname>" + "x" * 100_000 + "</D:displayname>"
        play.server.behave(spoils_xml=lambda body: body.replace(b"</D:prop>", filler.encode() * 8 + b"</D:prop>"))
        assert set(play.remote().changes(None).present) == set(hrefs)


class TestEncodings:
    @pytest.mark.parametrize("encoding", ["gzip", "deflate"])
    def test_not_asked_for(self, stage: ScriptedCalendars, encoding: str) -> None:
        """An answer that comes compressed is read as what it is."""
        play = stage(encodes=encoding)
        [href] = play.put_events(1)
        assert play.remote().fetch([href])[href].body == play.body(0)

    def test_unknown(self, stage: ScriptedCalendars) -> None:
        """One that cannot be read is refused as an answer, and is no unreadable event."""
        play = stage()
        [href] = play.put_events(1)
        play.server.fail("GET", Fault(answer=Answer(200, {"Content-Encoding": "br"}, b"\x01\x02")))
        assert isinstance(play.remote().fetch([href]).failed[href], PartialAnswerError)

    def test_bomb(self) -> None:
        """No more is unpacked than the limit allows."""
        assert len(decoded(zlib.compress(b"0" * 50_000_000), "deflate", 1000)) == 1001

    @given(st.binary(max_size=60), st.sampled_from(["gzip", "deflate", "x-gzip, gzip", "br", "zstd", " , gzip"]))
    def test_any_bytes(self, body: bytes, encoding: str) -> None:
        """Whatever comes under whatever name, it is bytes or a `RemoteError`."""
        try:
            decoded(body, encoding, 100)
        except PartialAnswerError:
            return


class TestInformationalAnswers:
    @pytest.mark.parametrize("code", [100, 102, 103])
    @pytest.mark.parametrize("times", [1, 3])
    def test_before_the_answer(self, stage: ScriptedCalendars, code: int, times: int) -> None:
        """They are passed over, and the answer is the one that follows."""
        play = stage()
        [href] = play.put_events(1)
        hint = f"HTTP/1.1 {code} Hint\r\nLink: </style.css>\r\n\r\n".encode()
        play.server.fail("GET", Fault(informs=hint * times))
        remote = play.remote()
        assert remote.fetch([href])[href].body == play.body(0)
        assert remote.fetch([href])[href].body == play.body(0)

    def test_after_the_answer(self, stage: ScriptedCalendars) -> None:
        """One that comes too late is never taken for the next answer."""
        play = stage()
        [href] = play.put_events(1)
        late = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbodyHTTP/1.1 102 Processing\r\n\r\n"
        play.server.fail("GET", Fault(informs=late, drops=False))
        remote = play.remote()
        assert remote.fetch([href])[href].body == b"body"
        assert remote.fetch([href])[href].body == play.body(0)


class TestWrites:
    @pytest.mark.parametrize(
        "answer", [(200, "text/html", b"<html>Welcome"), (202, "text/plain", b""), (207, "x", b"")]
    )
    def test_answer_that_says_nothing(self, stage: ScriptedCalendars, answer: tuple[int, str, bytes]) -> None:
        """A page or a promise is no word of what became of a write: its outcome is unknown."""
        play = stage(put_answer=answer)
        with pytest.raises(UnavailableError, match="became of it"):
            play.remote().create(play.href(), play.body())

    @pytest.mark.parametrize("tells", [True, False])
    def test_stored_elsewhere(self, stage: ScriptedCalendars, tells: bool) -> None:
        """Where a server chooses the name, its Location counts, or else the place where the UID stands."""
        play = stage(renames="srv-", tells_location=tells)
        remote = play.stranger()
        receipt = remote.create(play.href(), play.body())
        assert receipt.href == play.href().replace("event-", "srv-event-")
        assert set(play.remote().changes(None).present) == {receipt.href}
        assert remote.capabilities.faithful is False

    @pytest.mark.parametrize("code", [301, 302, 304, 307])
    def test_redirected(self, stage: ScriptedCalendars, code: int) -> None:
        """A redirect of one write, while the calendar stands, is that write's trouble."""
        play = stage()
        play.server.fail("PUT", status(code, Location="/elsewhere/"))
        with pytest.raises(UnavailableError):
            play.remote().create(play.href(), play.body())

    def test_server_that_invites(self, stage: ScriptedCalendars) -> None:
        """A server that processes an invitation which was ours to send is known for it."""

        def process(body: bytes) -> bytes:
            return body.replace(b"SCHEDULE-AGENT=CLIENT", b'SCHEDULE-AGENT=CLIENT;SCHEDULE-STATUS="1.1"')

        play = stage(rewrites=process)
        remote = play.stranger()
        person = b"ATTENDEE;SCHEDULE-AGENT=CLIENT:mailto:a@example.com\r\nEND:VEVENT"
        remote.create(play.href(), play.body().replace(b"END:VEVENT", person))
        assert remote.capabilities.mails_itself


class TestMovedElsewhere:
    def test_it_is_found(self, stage: ScriptedCalendars) -> None:
        """The account's other calendars are searched for the UID, and only for it."""
        play = stage()
        [href] = play.put_events(1)
        play.server.hand.make_collection("/home/private/", "Private")
        play.world.hand.put("/home/private/moved.ics", play.body(0))
        play.world.hand.put("/home/private/other.ics", play.body(7))
        play.world.hand.delete(href)
        assert play.remote().find_elsewhere("event-0@example.com") == ["/home/private/moved.ics"]

    def test_home_proves_a_calendar_gone(self, stage: ScriptedCalendars) -> None:
        """Where the account's own list does not name it, a 404 is no glitch."""
        play = stage()
        play.world.vanish()
        with pytest.raises(CollectionGoneError) as gone:
            play.remote().changes(None)
        assert gone.value.details["proven"]

    def test_one_404(self, stage: ScriptedCalendars) -> None:
        """Where it does, nothing is proven."""
        play = stage()
        play.server.fail("PROPFIND", status(404))
        with pytest.raises(CollectionGoneError) as gone:
            play.remote().changes(None)
        assert "proven" not in gone.value.details


class TestAddresses:
    @pytest.mark.parametrize(
        ("spelled", "href"),
        [
            ("/cal/a%2Fb.ics", "/cal/a%2Fb.ics"),
            ("/cal/%E9.ics", "/cal/%E9.ics"),
            ("/cal/%e9.ics", "/cal/%E9.ics"),
            ("/cal/%c3%a9.ics", "/cal/é.ics"),
            ("/cal/%40.ics", "/cal/@.ics"),
            ("//dav/cal/x.ics", "//dav/cal/x.ics"),
            ("http://example.com/cal/x.ics", "/cal/x.ics"),
            ("/cal/50%.ics", "/cal/50%.ics"),
            ("/cal/%25.ics", "/cal/%25.ics"),
            ("/cal/%0A.ics", "/cal/%0A.ics"),
            ("", "/"),
        ],
    )
    def test_one_spelling_to_compare(self, spelled: str, href: str) -> None:
        """Escapes are decoded as far as that keeps their meaning."""
        assert href_of(spelled) == href
        assert href_of(escape(href)) == href_of(escape(href_of(escape(href))))

    @given(st.text(max_size=40))
    def test_any_text(self, text: str) -> None:
        """What goes into a request line is plain ASCII, and comes back as the same href."""
        spelled = escape(href_of("/" + text.replace("?", "").replace("#", "").encode(errors="replace").decode()))
        assert spelled.isascii()
        assert href_of(spelled) == href_of(escape(href_of(spelled)))

    @pytest.mark.parametrize("spelled", ["/cal/%40x.ics", "/cal/a%2Db.ics", "/c%61l/x.ics"])
    def test_requests_use_the_servers_spelling(self, spelled: str) -> None:
        """What the server named is asked for by the same bytes."""
        spellings, origin = Spellings(), Origin("https", "example.com", 443)
        assert spellings.of(origin, spellings.learn(origin, spelled)) == spelled

    def test_spelling_of_a_collection(self) -> None:
        """A resource is asked for in its collection as that is spelled."""
        spellings, origin = Spellings(), Origin("https", "example.com", 443)
        spellings.learn(origin, "/us%40er/cal/")
        assert spellings.of(origin, "/us@er/cal/new one.ics") == "/us%40er/cal/new%20one.ics"

    def test_two_slashes(self) -> None:
        """They begin a path, unless a host's name follows."""
        assert joined("http://h.example/x/", "//dav/y") == "http://h.example//dav/y"
        assert joined("http://h.example/x/", "//other.example/z") == "http://other.example/z"


class TestChallenges:
    @pytest.mark.parametrize(
        ("header", "schemes"),
        [
            ("Basic realm=", ["basic"]),
            ("Basic", ["basic"]),
            ("Negotiate YII==", ["negotiate"]),
            ('Negotiate YII==, Digest realm="a, b", nonce="1", Basic realm=x', ["negotiate", "digest", "basic"]),
            ('NewScheme k="v", Basic realm="a"', ["newscheme", "basic"]),
            ('Basic realm="never closed', ["basic"]),
            ("", []),
            (", ,=", []),
        ],
    )
    def test_forms(self, header: str, schemes: list[str]) -> None:
        """Each scheme is found, whatever stands beside it."""
        assert [scheme for scheme, _ in challenges([header])] == schemes

    @given(st.lists(st.text(max_size=60), max_size=3))
    def test_any_text(self, headers: list[str]) -> None:
        """No form raises."""
        assert isinstance(list(challenges(headers)), list)

    @pytest.mark.parametrize("odd", ["Negotiate YII==", "Basic realm=", 'X y="', "Digest"])
    def test_login_all_the_same(self, stage: ScriptedCalendars, odd: str) -> None:
        """A challenge that is understood among others is answered."""
        play = stage(challenges=(odd,)) if odd != 'X y="' else stage()
        play.put_events(1)
        assert play.remote().changes(None).present


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("7200", 3600.0),
        ("9" * 5000, 3600.0),
        ("Wed, 25 Nov 2026 12:00:30 GMT", 30.0),
        ("Wed, 25 Nov 2027 12:00:00 GMT", 3600.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600.0),
        ("Wed, 25 Nov 2020 12:00:00 GMT", 0.0),
        ("Wed, 99 Nov 2026 99:00:00 GMT", None),
        ("-1", None),
        ("1.5", None),
        ("٣", None),
        ("soon", None),
        ("", None),
    ],
)
def test_pause(value: str, seconds: float | None) -> None:
    """A pause is a number or a date, and an hour at most."""
    assert pause_of(value, datetime(2026, 11, 25, 12, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(
    "prefix", [b"HTTP/1.1 " + b"2" * 5000, b"HTTP/1.1 xyz OK", b"ICY 200 OK", b"\x00\x01", b"HTTP/9.9"]
)
def test_status_line_of_any_form(stage: ScriptedCalendars, prefix: bytes) -> None:
    """What is no HTTP is a `RemoteError`."""
    play = stage()
    play.server.fail("PROPFIND", *[Fault(informs=prefix + b"\r\n\r\n")] * 3)
    with pytest.raises(RemoteError):
        play.remote().changes(None)


def test_people_are_refused_without_a_word(stage: ScriptedCalendars) -> None:
    """A 412 where nothing stands is no conflict: the body is refused."""
    play = stage(refuses_people=Refusal(status=412))
    body = play.body().replace(b"END:VEVENT", b"ORGANIZER:mailto:a@example.com\r\nEND:VEVENT")
    with pytest.raises(RemoteError) as refused:
        play.remote().create(play.href(), body)
    assert refused.value.code == "rejected"
