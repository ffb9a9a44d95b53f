"""Bodies that miss the standard, and what is plain in them all the same: zones, lines, values, order."""

from tests.corpus.bodies import ALARM, ENDLESS, NEW_YORK, WEEKLY, at, body, calendar, case, event, instance

PLAIN = body()
SERIES = body(WEEKLY)
OPEN = body(ENDLESS)
HOLE = body(WEEKLY, "EXDATE;TZID=America/New_York:20260317T100000")
NEXT_DAY = at("20260304T100000")
ORGANIZER = "ORGANIZER:mailto:office@practice.example.com"
INVITED = body(ORGANIZER, "ATTENDEE:mailto:jo+cal@example.com")
TOWN = r"(UTC-05:00) Springfield\, North\; Shelbyville"
OTHER = "UID:2b1f@device.example.com"
LUNCH = event("UID:lunch@example.org", "SUMMARY:Lunch", *at("20260303T120000"))
REST = "RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=6"


def zoned(tzid: str, start: str, vtimezone: str, *lines: str) -> bytes:
    """Return a session in a zone that only the body describes."""
    return calendar(vtimezone, event(*at(start, zone=tzid), *lines))


def described(tzid: str, *changes: tuple[str, str]) -> str:
    """Return New York's VTIMEZONE under another name, changed."""
    text = NEW_YORK.replace("TZID:America/New_York", f"TZID:{tzid}")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def invited(*attendees: str) -> bytes:
    return body(ORGANIZER, *attendees)


def ended(end: str) -> bytes:
    return calendar(event(end, without=[] if end.startswith("DTEND") else ["DTEND"]))


def ranged(day: str, *lines: str) -> str:
    return instance(day, *lines).replace("RECURRENCE-ID;", "RECURRENCE-ID;RANGE=THISANDFUTURE;")


YEAR_ONE = (("DTSTART:2007", "DTSTART:0001"),)
NO_OFFSET_BEFORE = (("TZOFFSETFROM:-0500\n", ""), ("TZOFFSETFROM:-0400\n", ""))
UNUSABLE = (("DTSTART:2007", "DTSTART:year"),)

ZONES = [
    case(
        "a zone since the year 1",
        PLAIN,
        zoned("Own", "20260303T100000", described("Own", *YEAR_ONE)),
        "/ timezone_spelling",
    ),
    case(
        "moved in a zone since the year 1",
        PLAIN,
        zoned("Own", "20260304T100000", described("Own", *YEAR_ONE)),
        "moved",
        claim=True,
    ),
    case(
        "a zone without the offsets before",
        PLAIN,
        zoned("Own", "20260303T100000", described("Own", *NO_OFFSET_BEFORE)),
        "/ timezone_spelling",
    ),
    case(
        "a zone with escapes in its name",
        PLAIN,
        zoned(f'"{TOWN}"'.replace("\\", ""), "20260303T100000", described(TOWN)),
        "/ timezone_spelling",
    ),
    case(
        "moved to the next day in a zone with escapes in its name",
        PLAIN,
        zoned(f'"{TOWN}"'.replace("\\", ""), "20260304T100000", described(TOWN)),
        "moved",
        claim=True,
    ),
    case(
        "a zone's name without the quotes that its colon needs",
        PLAIN,
        zoned("(UTC-05:00) Springfield", "20260303T100000", described("(UTC-05:00) Springfield")),
        "/ timezone_spelling",
    ),
    case(
        "an offset for a name without quotes",
        body(*at("20260707T100000")),
        zoned("GMT-05:00", "20260707T100000", described("GMT-05:00")),
        "/ timezone_spelling",
    ),
    case(
        "a zone of no use, at the same time",
        PLAIN,
        zoned("Own", "20260303T100000", described("Own", *UNUSABLE)),
        "unreadable",
    ),
    case(
        "a series far ahead in a zone of its own",
        body(*at("20580305T100000"), WEEKLY),
        zoned("Own", "20580305T100000", described("Own"), WEEKLY),
        "/ timezone_spelling",
    ),
]

LINES = [
    case("cancelled behind a stray parameter", PLAIN, body("STATUS;X-BY:CANCELLED"), "cancelled"),
    case(
        "cancelled behind a blank", PLAIN, body("STATUS :CANCELLED").replace(b"STATUS:CONFIRMED\r\n", b""), "cancelled"
    ),
    case("an end behind a stray parameter", PLAIN, body("DTEND;X;TZID=America/New_York:20260303T113000"), "resized"),
    case("a title behind a stray quote", PLAIN, body('SUMMARY;X="a":Session A. B.'), "/ bookkeeping"),
    case("another title behind a stray quote", PLAIN, body('SUMMARY;X=a"b;c":Anna'), "title"),
    case("a rule behind a stray parameter", SERIES, body("RRULE;:FREQ=WEEKLY;BYDAY=TU;COUNT=10"), "/ rule_spelling"),
    case(
        "a deleted instance behind a stray parameter",
        SERIES,
        body(WEEKLY, "EXDATE;TZID=America/New_York;:20260317T100000"),
        "instance_deleted",
    ),
    case(
        "a hole spelled with a stray parameter",
        HOLE,
        body(WEEKLY, "EXDATE;TZID=America/New_York;X-BY:20260317T100000"),
        "/ rule_spelling bookkeeping",
    ),
    case(
        "an override behind a stray parameter",
        SERIES,
        calendar(
            event(WEEKLY), instance("20260317", *at("20260318T100000")).replace("RECURRENCE-ID;", "RECURRENCE-ID;X;")
        ),
        "instance_moved",
        claim=True,
    ),
    case(
        "an attendee with a quote too many",
        INVITED,
        invited('ATTENDEE;SCHEDULE-STATUS="3.7;Invalid";INVALID":mailto:jo+cal@example.com'),
        "/ bookkeeping",
    ),
    case("a status that is no content line", PLAIN, body("STATUS CANCELLED"), "unreadable"),
    case("a title without its colon", PLAIN, body("SUMMARY;X=1"), "unreadable"),
    case("a line of the provider's that is none", PLAIN, body("X-NOTE remember"), "/ private_property"),
    case("two carriage returns at each line's end", PLAIN, PLAIN.replace(b"\r\n", b"\r\r\n"), "/ bookkeeping"),
    case("carriage returns alone", PLAIN, PLAIN.replace(b"\r\n", b"\r"), "/ bookkeeping"),
    case(
        "line ends of three sorts", PLAIN, PLAIN.replace(b"\r\n", b"\r", 4).replace(b"\r\n", b"\n", 3), "/ bookkeeping"
    ),
    case(
        "cancelled, after a carriage return alone",
        PLAIN,
        body("STATUS:CANCELLED").replace(b"\r\nSTATUS", b"\rSTATUS"),
        "cancelled / bookkeeping",
    ),
    case(
        "a carriage return in a text",
        body("DESCRIPTION:Bring forms.\\nNote: be early."),
        body("DESCRIPTION:Bring forms.\rNote: be early."),
        "/ bookkeeping",
    ),
    case("an alarm that is not closed", PLAIN, body(ALARM.replace("END:VALARM", "END:VALARN")), "unreadable"),
    case(
        "a status in an alarm that is not closed",
        PLAIN,
        calendar(event(ALARM.replace("END:VALARM", "STATUS:CANCELLED"))),
        "unreadable",
    ),
]

VALUES = [
    case("an end in another year", PLAIN, body("DTEND;TZID=America/New_York:20360303T105000"), "resized"),
    case("an end in the year 9999", PLAIN, body("DTEND;TZID=America/New_York:99991231T105000"), "resized"),
    case("an end in the year 1", PLAIN, body("DTEND;TZID=America/New_York:00010303T105000"), "resized"),
    case("an end before the start", PLAIN, body("DTEND;TZID=America/New_York:20250303T105000"), "resized"),
    case("sixty weeks", PLAIN, ended("DURATION:P60W"), "resized"),
    case("a billion seconds", PLAIN, ended("DURATION:PT1000000000S"), "resized"),
    case("less than no time", PLAIN, ended("DURATION:-PT50M"), "resized"),
    case(
        "moved, and an end in another year",
        PLAIN,
        body(NEXT_DAY[0], "DTEND;TZID=America/New_York:20360304T105000"),
        "moved resized",
        claim=True,
    ),
    case(
        "series moved, and sixty weeks long",
        SERIES,
        calendar(event(NEXT_DAY[0], "DURATION:P60W", "RRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=10", without=["DTEND"])),
        "moved resized",
        claim=True,
    ),
    case("a start without seconds", PLAIN, body("DTSTART;TZID=America/New_York:20260303T1000"), "/ bookkeeping"),
    case("a start with separators", PLAIN, body("DTSTART;TZID=America/New_York:2026-03-03T10:00:00"), "/ bookkeeping"),
    case("a start with its offset", PLAIN, body("DTSTART:20260303T100000-0500"), "/ timezone_spelling"),
    *(
        case(f"rule with {name}", SERIES, body(f"RRULE:{text}"), "/ rule_spelling")
        for name, text in {
            "RSCALE and SKIP": "RSCALE=GREGORIAN;FREQ=WEEKLY;BYDAY=TU;COUNT=10;SKIP=FORWARD",
            "UNTIL without seconds": "FREQ=WEEKLY;BYDAY=TU;UNTIL=20260505T1400Z",
            "UNTIL with separators": "FREQ=WEEKLY;BYDAY=TU;UNTIL=2026-05-05T14:00:00Z",
            "UNTIL as a date with a letter": "FREQ=WEEKLY;BYDAY=TU;UNTIL=20260505Z",
            "UNTIL beside COUNT": "FREQ=WEEKLY;BYDAY=TU;UNTIL=20261231;COUNT=10",
            "small letters and blanks": "freq=weekly; byday = tu ;count=10;",
            "an empty part": "FREQ=WEEKLY;BYDAY=TU;BYMONTH=;COUNT=10;;",
            "a part twice alike": "FREQ=WEEKLY;FREQ=WEEKLY;BYDAY=TU;COUNT=10",
            "a comma too many": "FREQ=WEEKLY;BYDAY=TU,;COUNT=10",
        }.items()
    ),
    case(
        "the last day of the month by SKIP",
        body(*at("20260331T100000"), "RRULE:FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=6"),
        body(*at("20260331T100000"), "RRULE:RSCALE=GREGORIAN;FREQ=MONTHLY;BYMONTHDAY=31;COUNT=6;SKIP=BACKWARD"),
        "/ rule_spelling",
    ),
    case(
        "the first of the month by SKIP",
        body(*at("20260331T100000"), "RRULE:FREQ=MONTHLY;COUNT=6"),
        body(*at("20260331T100000"), "RRULE:RSCALE=GREGORIAN;FREQ=MONTHLY;COUNT=6;SKIP=FORWARD"),
        "unreadable",
    ),
    case("another calendar's months", SERIES, body("RRULE:RSCALE=CHINESE;FREQ=WEEKLY;COUNT=10"), "unreadable"),
    case("a rule with a part that nobody knows", SERIES, body(WEEKLY + ";BYMOON=1"), "unreadable"),
    case(
        "an instance far off, in a rule to the year 9999",
        body("RRULE:FREQ=YEARLY;UNTIL=99991231T235959Z"),
        body("RRULE:FREQ=YEARLY;UNTIL=99991231T235959Z", "EXDATE;TZID=America/New_York:20380303T100000"),
        "instance_deleted",
    ),
]

ORDER = [
    case(
        "declined in one of two lines",
        INVITED,
        invited("ATTENDEE;PARTSTAT=DECLINED:mailto:jo+cal@example.com", "ATTENDEE:MAILTO:Jo%2BCal@example.com"),
        "declined",
    ),
    case(
        "declined in the other of two lines",
        INVITED,
        invited("ATTENDEE:mailto:jo+cal@example.com", "ATTENDEE;PARTSTAT=DECLINED:MAILTO:Jo+cal@example.com"),
        "declined / bookkeeping",
    ),
    case(
        "accepted in the last of two lines",
        INVITED,
        invited("ATTENDEE:mailto:jo+cal@example.com", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:jo+cal@example.com"),
        "/ partstat bookkeeping",
    ),
    case("an address percent-encoded", INVITED, invited("ATTENDEE:mailto:jo%2Bcal%40example.com"), "/ bookkeeping"),
    case("an address in brackets", INVITED, invited("ATTENDEE:mailto:<jo+cal@example.com>"), "/ bookkeeping"),
    case("another address, percent-encoded", INVITED, invited("ATTENDEE:mailto:jo%2Ecal@example.com"), "attendees"),
    case("somebody else's event before ours", PLAIN, calendar(LUNCH, event()), "/ bookkeeping"),
    case("somebody else's event after ours", PLAIN, calendar(event(), LUNCH), "/ bookkeeping"),
    case("ours moved, after somebody else's", PLAIN, calendar(LUNCH, event(*NEXT_DAY)), "moved", claim=True),
    case("ours unreadable, after somebody else's", PLAIN, calendar(LUNCH, event("DTSTART:soon")), "unreadable"),
    case(
        "somebody else's unreadable event after ours",
        PLAIN,
        calendar(event(), LUNCH.replace("DTSTART;", "DTSTART SOON;")),
        "/ bookkeeping",
    ),
    case("ours deleted, somebody else's left", calendar(event("X-SYNCD-REF:apt-1"), LUNCH), calendar(LUNCH), "deleted"),
]

INSTANCE_AFTER = event("RECURRENCE-ID;TZID=America/New_York:20260331T100000", *at("20260331T110000"), REST)

SPLITS = [
    case(
        "this and future by RANGE, a day later and retitled",
        SERIES,
        calendar(event(WEEKLY), ranged("20260331", *at("20260401T100000"), "SUMMARY:Anna")),
        "split moved title",
        claim=True,
    ),
    case(
        "this and future by RANGE, longer in another room",
        OPEN,
        calendar(event(ENDLESS), ranged("20260331", *at("20260331T100000", "20260331T113000"), "LOCATION:Room 6")),
        "split resized location",
    ),
    case("a RANGE that changes nothing", SERIES, calendar(event(WEEKLY), ranged("20260331")), "/ override_spelling"),
    case(
        "a RANGE over the whole series",
        SERIES,
        calendar(event(WEEKLY), ranged("20260303", *at("20260303T110000"))),
        "split moved",
    ),
    case(
        "two RANGEs, and one instance moved between them",
        SERIES,
        calendar(
            event(WEEKLY),
            ranged("20260317", *at("20260317T110000")),
            instance("20260324", *at("20260325T110000")),
            ranged("20260407", *at("20260407T120000"), "SUMMARY:Anna"),
        ),
        "split moved title instance_moved",
        claim=True,
    ),
    case(
        "a RANGE, and one instance before it deleted",
        SERIES,
        calendar(event(WEEKLY, "EXDATE:20260310T140000Z"), ranged("20260331", *at("20260331T110000"))),
        "split moved instance_deleted",
    ),
    case(
        "a RANGE in a series that moved as a whole",
        SERIES,
        calendar(
            event(*at("20260303T110000"), WEEKLY),
            ranged("20260331", *at("20260331T130000")).replace(
                "TZID=America/New_York:20260331T100000", "TZID=America/New_York:20260331T110000"
            ),
        ),
        "split moved",
    ),
    case(
        "a RANGE of instances that are gone already",
        body("RRULE:FREQ=WEEKLY;COUNT=2", "EXDATE;TZID=America/New_York:20260310T100000"),
        calendar(
            event("RRULE:FREQ=WEEKLY;COUNT=2", "EXDATE;TZID=America/New_York:20260310T100000"),
            ranged("20260310", "STATUS:CANCELLED"),
        ),
        "/ override_spelling",
    ),
    case(
        "the new half under another title, known by its people",
        body(WEEKLY, ORGANIZER, "ATTENDEE:mailto:jo@example.com"),
        body("RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=4", ORGANIZER, "ATTENDEE:mailto:jo@example.com"),
        "split title location",
        also=(
            body(
                OTHER,
                *at("20260331T100000"),
                REST,
                ORGANIZER,
                "ATTENDEE:mailto:jo@example.com",
                "SUMMARY:Cover",
                "LOCATION:Room 9",
            ),
        ),
    ),
    case(
        "the new half under another title, an hour later",
        body(WEEKLY, ORGANIZER, "ATTENDEE:mailto:jo@example.com"),
        body("RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=4", ORGANIZER, "ATTENDEE:mailto:jo@example.com"),
        "split title moved",
        also=(body(OTHER, *at("20260331T110000"), REST, ORGANIZER, "ATTENDEE:mailto:jo@example.com", "SUMMARY:Cover"),),
    ),
    case(
        "cut while another series of ours with these people appeared",
        body(WEEKLY, ORGANIZER, "ATTENDEE:mailto:jo@example.com", "X-SYNCD-REF:ser-1"),
        body("RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=4", ORGANIZER, "ATTENDEE:mailto:jo@example.com", "X-SYNCD-REF:ser-1"),
        "recurrence",
        also=(
            body(
                OTHER,
                *at("20260331T100000"),
                REST,
                ORGANIZER,
                "ATTENDEE:mailto:jo@example.com",
                "SUMMARY:B. C.",
                "X-SYNCD-REF:ser-2",
            ),
        ),
    ),
    case(
        "cut while a series with these people appeared at other times",
        body(WEEKLY, ORGANIZER, "ATTENDEE:mailto:jo@example.com"),
        body("RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=4", ORGANIZER, "ATTENDEE:mailto:jo@example.com"),
        "recurrence",
        also=(
            body(OTHER, *at("20260331T100000"), WEEKLY, ORGANIZER, "ATTENDEE:mailto:jo@example.com", "SUMMARY:Team"),
        ),
    ),
    case(
        "an instance with a rule and no master, as the new half",
        SERIES,
        body("RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=4"),
        "split moved",
        also=(calendar(INSTANCE_AFTER),),
    ),
    case(
        "an instance with a rule and no master in place of the series",
        SERIES,
        calendar(INSTANCE_AFTER.replace("20260331T11", "20260401T11").replace("BYDAY=TU", "BYDAY=WE")),
        "moved recurrence",
        claim=True,
    ),
    case(
        "an instance with a rule and no master, later on the same days",
        SERIES,
        calendar(INSTANCE_AFTER.replace("20260331T11", "20260331T10")),
        "recurrence",
    ),
]

CASES = [*ZONES, *LINES, *VALUES, *ORDER, *SPLITS]
