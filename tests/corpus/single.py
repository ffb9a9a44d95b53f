"""Single appointments: times, presence, texts, people."""

from tests.corpus.bodies import ALARM, UID, at, body, calendar, case, event

PLAIN = body()
LATE = body(*at("20260303T233000", "20260304T002000"))
INVITED = body(
    "ORGANIZER;CN=Practice:mailto:office@practice.example.com",
    "ATTENDEE;CN=Dr. Lee;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:lee@example.com",
)
ONLINE = body("LOCATION:https://meet.example.com/abc")
HIDDEN = "DESCRIPTION:"
CANCELLED = body("STATUS:CANCELLED")
WHOLE_DAY = body("DTSTART;VALUE=DATE:20260303", "DTEND;VALUE=DATE:20260304")


def invited(attendee: str, organizer: str = "ORGANIZER;CN=Practice:mailto:office@practice.example.com") -> bytes:
    return body(organizer, attendee)


CASES = [
    case("nothing happened", PLAIN, PLAIN),
    # moved
    case("dragged an hour later in a day view", PLAIN, body(*at("20260303T110000")), "moved"),
    case("dragged to the next day in a week view", PLAIN, body(*at("20260304T100000")), "moved", claim=True),
    case(
        "late session dragged past midnight", LATE, body(*at("20260304T001500", "20260304T010500")), "moved", claim=True
    ),
    case("late session moved within its evening", LATE, body(*at("20260303T230000", "20260303T235000")), "moved"),
    case(
        "moved over midnight UTC but not locally",
        body(*at("20260303T183000", "20260303T192000")),
        body(*at("20260303T193000", "20260303T202000")),
        "moved",
    ),
    case("moved to another month", PLAIN, body(*at("20260407T100000")), "moved", claim=True),
    case("moved by five minutes", PLAIN, body(*at("20260303T100500", "20260303T105500")), "moved"),
    case(
        "moved across the change of clocks keeps its length",
        PLAIN,
        body(*at("20260310T100000")),
        "moved",
        claim=True,
    ),
    case(
        "moved and rewritten to UTC by the app",
        PLAIN,
        body("DTSTART:20260303T160000Z", "DTEND:20260303T165000Z"),
        "moved",
    ),
    case("moved into another zone's wall time", PLAIN, body(*at("20260303T110000", zone="Europe/Berlin")), "moved"),
    case(
        "moved with all the bookkeeping an app does",
        PLAIN,
        body(*at("20260303T110000"), "SEQUENCE:1", "DTSTAMP:20260201T080000Z", "LAST-MODIFIED:20260201T080000Z"),
        "moved / bookkeeping",
    ),
    case("upper edge dragged, so that only the start moves", PLAIN, body(at("20260303T094000")[0]), "moved resized"),
    # resized
    case("lower edge dragged", PLAIN, body(at("x", "20260303T113000")[1]), "resized"),
    case(
        "shortened by DURATION in place of DTEND",
        PLAIN,
        calendar(event("DURATION:PT25M", without=["DTEND"])),
        "resized",
    ),
    case("moved and lengthened", PLAIN, body(*at("20260303T140000", "20260303T153000")), "moved resized"),
    case("end lost, so that no time is left", PLAIN, calendar(event(without=["DTEND"])), "resized"),
    case("made to last over midnight", PLAIN, body(at("x", "20260304T010000")[1]), "resized"),
    # all day
    case("made an all-day event", PLAIN, WHOLE_DAY, "all_day"),
    case("all-day event made a timed one", WHOLE_DAY, PLAIN, "all_day"),
    case(
        "made an all-day event of the next day",
        PLAIN,
        body("DTSTART;VALUE=DATE:20260304", "DTEND;VALUE=DATE:20260305"),
        "all_day moved",
        claim=True,
    ),
    case(
        "all-day event moved",
        WHOLE_DAY,
        body("DTSTART;VALUE=DATE:20260305", "DTEND;VALUE=DATE:20260306"),
        "moved",
        claim=True,
    ),
    case(
        "all-day event lengthened",
        WHOLE_DAY,
        body("DTSTART;VALUE=DATE:20260303", "DTEND;VALUE=DATE:20260305"),
        "resized",
    ),
    case(
        "all-day event without its DTEND lasts a day as before",
        WHOLE_DAY,
        calendar(event("DTSTART;VALUE=DATE:20260303", without=["DTEND"])),
        "/ bookkeeping",
    ),
    # presence
    case("deleted in the app", PLAIN, None, "deleted"),
    case(
        "deleted while somebody else's event appeared", PLAIN, None, "deleted", also=(body("UID:x", "SUMMARY:Lunch"),)
    ),
    case("marked cancelled", PLAIN, CANCELLED, "cancelled"),
    case("a cancelled one revived", CANCELLED, PLAIN, "cancelled", claim=True),
    case("cancelled and moved", PLAIN, body("STATUS:CANCELLED", *at("20260304T100000")), "cancelled moved"),
    case("confirmed made tentative", PLAIN, body("STATUS:TENTATIVE"), "/ bookkeeping"),
    case("status left out by a server", PLAIN, calendar(event(without=["STATUS"])), "/ bookkeeping"),
    # texts
    case("retitled", PLAIN, body("SUMMARY:Anna"), "title"),
    case("title emptied", PLAIN, body("SUMMARY:"), "title"),
    case("title left out", PLAIN, calendar(event(without=["SUMMARY"])), "title"),
    case("title in capitals", PLAIN, body("SUMMARY:SESSION A. B."), "title"),
    case("title followed by blanks", PLAIN, body("SUMMARY:Session A. B.  "), "/ bookkeeping"),
    case("title given a language", PLAIN, body("SUMMARY;LANGUAGE=en:Session A. B."), "/ bookkeeping"),
    case("another room", PLAIN, body("LOCATION:Room 6"), "location"),
    case("room removed", PLAIN, calendar(event(without=["LOCATION"])), "location"),
    case(
        "room left empty where there was none",
        calendar(event(without=["LOCATION"])),
        body("LOCATION:"),
        "/ bookkeeping",
    ),
    case("notes written into the description", PLAIN, body("DESCRIPTION:Bring the forms"), "description"),
    case("description removed", PLAIN, calendar(event(without=["DESCRIPTION"])), "description"),
    case(
        "several fields at once",
        PLAIN,
        body(*at("20260305T100000"), "SUMMARY:Anna", "LOCATION:Home", ALARM),
        "moved title location / alarm",
        claim=True,
    ),
    case(
        "commas escaped by one program and not by the other",
        body("SUMMARY:Session A.\\, B."),
        body("SUMMARY:Session A., B."),
        "/ bookkeeping",
    ),
    case("line break written as capital N", body("DESCRIPTION:a\\nb"), body("DESCRIPTION:a\\Nb"), "/ bookkeeping"),
    case(
        "Windows line ends in the description",
        body("DESCRIPTION:a\\nb"),
        body("DESCRIPTION:a  \\nb\\n"),
        "/ bookkeeping",
    ),
    case("composed and decomposed letters", body("SUMMARY:Caf\u00e9"), body("SUMMARY:Cafe\u0301"), "/ bookkeeping"),
    case("another letter that only looks alike", body("SUMMARY:A"), body("SUMMARY:\u0410"), "title"),
    case(
        "long description folded elsewhere",
        body("DESCRIPTION:" + "word " * 30 + "end"),
        body("DESCRIPTION:" + "word " * 10 + "\n " + "word " * 20 + "end"),
        "/ bookkeeping",
    ),
    case(
        "folded inside a letter of two octets",
        calendar(event("SUMMARY:Sitzung für Ä")),
        calendar(event("SUMMARY:Sitzung für Ä")).replace("ü".encode(), "ü".encode()[:1] + b"\r\n " + "ü".encode()[1:]),
        "/ bookkeeping",
    ),
    case(
        "description turned into HTML with the same words",
        body("DESCRIPTION:First line\\nSecond & third"),
        body("DESCRIPTION:<p>First line</p><p>Second &amp\\; <b>third</b></p>"),
        "/ bookkeeping",
    ),
    case(
        "HTML description with other words",
        body("DESCRIPTION:First line"),
        body("DESCRIPTION:<p>Another line</p>"),
        "description",
    ),
    case(
        "HTML twin of the description added by Outlook",
        PLAIN,
        body("X-ALT-DESC;FMTTYPE=text/html:<p>Managed by the practice. Please change it there.</p>"),
        "/ private_property",
    ),
    # conference links
    case(
        "link moved from LOCATION to URL",
        ONLINE,
        calendar(event("URL:https://meet.example.com/abc", without=["LOCATION"])),
        "/ other_property",
    ),
    case(
        "link moved from LOCATION to CONFERENCE",
        ONLINE,
        calendar(event("CONFERENCE;VALUE=URI;FEATURE=VIDEO:https://meet.example.com/abc", without=["LOCATION"])),
        "/ other_property",
    ),
    case(
        "link moved from URL into LOCATION beside the room",
        body("URL:https://meet.example.com/abc"),
        body("LOCATION:Room 5\\nhttps://meet.example.com/abc"),
        "/ other_property",
    ),
    case("another link", ONLINE, body("LOCATION:https://meet.example.com/xyz"), "location"),
    case("link removed", ONLINE, body("LOCATION:"), "location"),
    case(
        "the provider's own conference added as URL",
        PLAIN,
        body("URL:https://meet.example.com/own"),
        "/ other_property",
    ),
    # people
    case(
        "accepted",
        INVITED,
        invited("ATTENDEE;CN=Dr. Lee;PARTSTAT=ACCEPTED;RSVP=TRUE:mailto:lee@example.com"),
        "/ partstat",
    ),
    case(
        "tentatively accepted",
        INVITED,
        invited("ATTENDEE;CN=Dr. Lee;PARTSTAT=TENTATIVE;RSVP=TRUE:mailto:lee@example.com"),
        "/ partstat",
    ),
    case(
        "declined",
        INVITED,
        invited("ATTENDEE;CN=Dr. Lee;PARTSTAT=DECLINED;RSVP=TRUE:mailto:lee@example.com"),
        "declined",
    ),
    case(
        "accepted after having declined",
        invited("ATTENDEE;PARTSTAT=DECLINED:mailto:lee@example.com"),
        invited("ATTENDEE;PARTSTAT=ACCEPTED:mailto:lee@example.com"),
        "/ partstat",
    ),
    case(
        "address in capitals, without mailto, renamed",
        INVITED,
        invited(
            "ATTENDEE;CN=Lee;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:MAILTO:Lee@Example.com",
            "ORGANIZER:office@practice.example.com",
        ),
        "/ bookkeeping",
    ),
    case(
        "schedule parameters added by the server",
        INVITED,
        invited(
            "ATTENDEE;CN=Dr. Lee;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;SCHEDULE-STATUS=1.2:mailto:lee@example.com",
            "ORGANIZER;CN=Practice;SCHEDULE-AGENT=CLIENT:mailto:office@practice.example.com",
        ),
        "/ bookkeeping",
    ),
    case(
        "attendee written as the server's own address with an EMAIL parameter",
        INVITED,
        invited("ATTENDEE;CN=Dr. Lee;EMAIL=lee@example.com;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:urn:uuid:1b2c"),
        "/ bookkeeping",
    ),
    case(
        "a guest added",
        INVITED,
        body(
            "ORGANIZER;CN=Practice:mailto:office@practice.example.com",
            "ATTENDEE;CN=Dr. Lee;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:lee@example.com",
            "ATTENDEE:mailto:guest@example.org",
        ),
        "attendees",
    ),
    case(
        "the provider taken off", INVITED, body("ORGANIZER;CN=Practice:mailto:office@practice.example.com"), "attendees"
    ),
    case("the provider replaced", INVITED, invited("ATTENDEE:mailto:other@example.com"), "attendees"),
    case(
        "another organizer",
        INVITED,
        invited(
            "ATTENDEE;CN=Dr. Lee;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:lee@example.com",
            "ORGANIZER:mailto:lee@example.com",
        ),
        "attendees",
    ),
    # iTIP
    case(
        "reply by mail that declines",
        INVITED,
        calendar(
            f"BEGIN:VEVENT\nUID:{UID}\nDTSTAMP:20260102T000000Z\n"
            "ATTENDEE;PARTSTAT=DECLINED:mailto:lee@example.com\nEND:VEVENT\n",
            head=["VERSION:2.0", "METHOD:REPLY"],
        ),
        "declined",
    ),
    case(
        "reply by mail that accepts",
        INVITED,
        calendar(
            f"BEGIN:VEVENT\nUID:{UID}\nATTENDEE;PARTSTAT=ACCEPTED:mailto:lee@example.com\nEND:VEVENT\n",
            head=["METHOD:REPLY"],
        ),
        "/ partstat",
    ),
    case(
        "counter proposal of another day",
        INVITED,
        calendar(event(*at("20260304T100000")), head=["VERSION:2.0", "METHOD:COUNTER"]),
        "countered",
    ),
    case(
        "cancel message in the collection",
        PLAIN,
        calendar(f"BEGIN:VEVENT\nUID:{UID}\nSEQUENCE:1\nEND:VEVENT\n", head=["METHOD:CANCEL"]),
        "cancelled",
    ),
    # the provider's own fields
    case("reminder added", PLAIN, body(ALARM), "/ alarm"),
    case("reminder removed", body(ALARM), PLAIN, "/ alarm"),
    case(
        "reminder acknowledged",
        body(ALARM),
        body(ALARM.replace("TRIGGER", "ACKNOWLEDGED:20260303T144500Z\nTRIGGER")),
        "/ alarm",
    ),
    case("categories set", PLAIN, body("CATEGORIES:Work,Blue"), "/ categories"),
    case(
        "categories split into two lines",
        body("CATEGORIES:Work,Blue"),
        body("CATEGORIES:Work", "CATEGORIES:Blue"),
        "/ bookkeeping",
    ),
    case("coloured", PLAIN, body("COLOR:turquoise"), "/ color"),
    case("shown as free", PLAIN, body("TRANSP:TRANSPARENT"), "/ transparency"),
    case("made private", PLAIN, body("CLASS:PRIVATE"), "/ class"),
    case("given a priority", PLAIN, body("PRIORITY:5"), "/ priority"),
    case("file attached", PLAIN, body("ATTACH:https://files.example.com/1.pdf"), "/ attachment"),
    case("comment added", PLAIN, body("COMMENT:call first"), "/ comment"),
    case(
        "travel time of Apple Calendar",
        PLAIN,
        body("X-APPLE-TRAVEL-DURATION;VALUE=DURATION:PT30M"),
        "/ private_property",
    ),
    case("busy status of Outlook", PLAIN, body("X-MICROSOFT-CDO-BUSYSTATUS:OOF"), "/ private_property"),
    case("snooze of Thunderbird", PLAIN, body("X-MOZ-LASTACK:20260303T140000Z"), "/ private_property"),
    case("geographic position added", PLAIN, body("GEO:40.7;-74.0"), "/ other_property"),
    case(
        "everything that the provider owns at once",
        PLAIN,
        body(
            ALARM,
            "CATEGORIES:x",
            "COLOR:red",
            "TRANSP:TRANSPARENT",
            "CLASS:PRIVATE",
            "PRIORITY:1",
            "COMMENT:x",
            "X-A:1",
        ),
        "/ alarm categories color transparency class priority comment private_property",
    ),
    # bookkeeping
    case("stamped anew", PLAIN, body("DTSTAMP:20260202T000000Z", "LAST-MODIFIED:20260202T000000Z"), "/ bookkeeping"),
    case("sequence raised by a client that changed nothing", PLAIN, body("SEQUENCE:4"), "/ bookkeeping"),
    case(
        "another program's PRODID",
        PLAIN,
        calendar(event(), head=["VERSION:2.0", "PRODID:-//Other//EN"]),
        "/ bookkeeping",
    ),
    case(
        "lines in another order",
        PLAIN,
        calendar("\n".join(["BEGIN:VEVENT", *reversed(event().split("\n")[1:-2]), "END:VEVENT", ""])),
        "/ bookkeeping",
    ),
    case("line feeds without carriage returns", PLAIN, PLAIN.replace(b"\r\n", b"\n"), "/ bookkeeping"),
    case("a byte order mark", PLAIN, b"\xef\xbb\xbf" + PLAIN, "/ bookkeeping"),
    case("names in small letters", PLAIN, PLAIN.replace(b"SUMMARY", b"summary"), "/ bookkeeping"),
    case("empty lines at the end", PLAIN, PLAIN + b"\r\n\r\n", "/ bookkeeping"),
    case("DURATION for DTEND", PLAIN, calendar(event("DURATION:PT50M", without=["DTEND"])), "/ bookkeeping"),
    # unreadable
    case("half a file", PLAIN, PLAIN[:200], "unreadable"),
    case("an answer that is no calendar", PLAIN, b"<html>Service unavailable</html>", "unreadable"),
    case("an event without a start", PLAIN, calendar(event(without=["DTSTART", "DTEND"])), "unreadable"),
    case("a start that is no time", PLAIN, body("DTSTART:tomorrow"), "unreadable"),
    case("the thirtieth of February", PLAIN, body("DTSTART:20260230T100000Z"), "unreadable"),
    case("Latin-1 letters of the provider's", PLAIN, body("X-PLACE:X").replace(b":X", b":\xe4"), "/ private_property"),
    case(
        "an edit beside Latin-1 letters of the provider's",
        PLAIN,
        body("STATUS:CANCELLED", "COMMENT:X").replace(b":X", b":\xe4"),
        "cancelled / comment",
    ),
    case("Latin-1 letters", PLAIN, body("SUMMARY:X").replace(b"X", b"\xe4"), "unreadable"),
    case("zeros in the text", PLAIN, body("SUMMARY:X").replace(b"X", b"a\0b"), "unreadable"),
    case("a to-do in its place", PLAIN, calendar(event().replace("VEVENT", "VTODO")), "unreadable"),
    case("an empty body", PLAIN, b"", "unreadable"),
]
