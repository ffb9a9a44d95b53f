"""One instant in many spellings, and spellings that look alike and are not."""

from tests.corpus.bodies import ENDLESS, NEW_YORK, WEEKLY, at, body, calendar, case, event

PLAIN = body()
SERIES = body(WEEKLY)
CUSTOM = NEW_YORK.replace("America/New_York", "Custom")
WRONG = NEW_YORK.replace("-0400", "+0100").replace("-0500", "+0000")
FIXED = """\
BEGIN:VTIMEZONE
TZID:Office
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:-0500
TZOFFSETTO:-0500
END:STANDARD
END:VTIMEZONE
"""
HISTORY = """\
BEGIN:VTIMEZONE
TZID:Town
BEGIN:STANDARD
DTSTART:18831118T120358
TZOFFSETFROM:-045602
TZOFFSETTO:-0500
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19180331T020000
RRULE:FREQ=YEARLY;UNTIL=19190330T070000Z;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19181027T020000
RDATE:19181027T020000
RDATE:19191026T020000
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20070311T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:20071104T020000
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD
END:VTIMEZONE
"""


def spelled(tzid: str, vtimezone: str = "", *lines: str) -> bytes:
    return calendar(vtimezone, event(*at("20260303T100000", zone=tzid), *lines))


def renamed(tzid: str) -> str:
    return NEW_YORK.replace("America/New_York", tzid.strip('"'))


CASES = [
    *(
        case(f"zone rewritten as {name}", PLAIN, spelled(tzid), "/ timezone_spelling")
        for name, tzid in {
            "a Windows name": "Eastern Standard Time",
            "a quoted Windows name": '"Eastern Standard Time"',
            "the name that Outlook shows": '"(UTC-05:00) Eastern Time (US & Canada)"',
            "a citadel.org name": "/citadel.org/20190914_1/America/New_York",
            "a mozilla.org name": "/mozilla.org/20050126_1/America/New_York",
            "a freeassociation name": "/freeassociation.sourceforge.net/America/New_York",
            "an older name of the zone": "US/Eastern",
            "a neighbouring zone with the same clocks": "America/Detroit",
            "a name in small letters": "america/new_york",
            "an offset": '"UTC-05:00"',
        }.items()
    ),
    case(
        "vendor's name with its VTIMEZONE",
        PLAIN,
        spelled("/citadel.org/20190914_1/America/New_York", renamed("/citadel.org/20190914_1/America/New_York")),
        "/ timezone_spelling",
    ),
    case("a lying VTIMEZONE under an IANA name", PLAIN, spelled("America/New_York", WRONG), "/ bookkeeping"),
    case(
        "a lying VTIMEZONE under a Windows name", PLAIN, spelled("Eastern Standard Time", WRONG), "/ timezone_spelling"
    ),
    case("VTIMEZONE added by the server", PLAIN, calendar(NEW_YORK, event()), "/ bookkeeping"),
    case("VTIMEZONE dropped by the server", calendar(NEW_YORK, event()), PLAIN, "/ bookkeeping"),
    case(
        "VTIMEZONE regenerated with other history",
        calendar(NEW_YORK, event()),
        calendar(HISTORY, event()),
        "/ bookkeeping",
    ),
    case("a name of its own with a VTIMEZONE", PLAIN, spelled("Custom", CUSTOM), "/ timezone_spelling"),
    case("a VTIMEZONE with history since 1883", PLAIN, spelled("Town", HISTORY), "/ timezone_spelling"),
    case("a VTIMEZONE without rules", PLAIN, spelled("Office", FIXED), "/ timezone_spelling"),
    case(
        "a VTIMEZONE without rules in summer",
        body(*at("20260602T100000")),
        calendar(FIXED, event(*at("20260602T100000", zone="Office"))),
        "timezone_shift",
    ),
    case(
        "two bodies that call different zones Custom",
        spelled("Custom", CUSTOM),
        spelled("Custom", CUSTOM.replace("-0400", "-0600").replace("-0500", "-0700")),
        "timezone_shift / bookkeeping",
    ),
    case("a name that nothing explains is floating", PLAIN, spelled("My Office Clock"), "/ timezone_spelling"),
    case(
        "a name that nothing explains, for a provider elsewhere",
        PLAIN,
        spelled("My Office Clock"),
        "timezone_shift",
        zone="America/Chicago",
    ),
    case("rewritten to UTC", PLAIN, body("DTSTART:20260303T150000Z", "DTEND:20260303T155000Z"), "/ timezone_spelling"),
    case(
        "TZID UTC for the letter Z",
        body("DTSTART:20260303T150000Z", "DTEND:20260303T155000Z"),
        spelled("UTC").replace(b"T10", b"T15"),
        "/ timezone_spelling",
    ),
    case("only the end rewritten to UTC", PLAIN, body("DTEND:20260303T155000Z"), "/ timezone_spelling"),
    case(
        "floating in the provider's zone",
        PLAIN,
        body("DTSTART:20260303T100000", "DTEND:20260303T105000"),
        "/ timezone_spelling",
    ),
    case(
        "floating, for a provider elsewhere",
        PLAIN,
        body("DTSTART:20260303T100000", "DTEND:20260303T105000"),
        "timezone_shift",
        zone="America/Chicago",
    ),
    case(
        "floating time read as UTC by the server",
        body("DTSTART:20260303T100000", "DTEND:20260303T105000"),
        body("DTSTART;TZID=Etc/UTC:20260303T100000", "DTEND;TZID=Etc/UTC:20260303T105000"),
        "timezone_shift",
    ),
    case("same wall time in another zone", PLAIN, spelled("America/Chicago"), "timezone_shift"),
    case(
        "zone lost, the digits taken for UTC",
        PLAIN,
        body("DTSTART:20260303T100000Z", "DTEND:20260303T105000Z"),
        "timezone_shift",
    ),
    case(
        "late session in a zone further west falls on the next local day",
        body(*at("20260303T233000", "20260304T002000")),
        body(*at("20260303T233000", "20260304T002000", zone="America/Chicago")),
        "timezone_shift",
        claim=True,
    ),
    case(
        "another UTC date for the same instants is nothing",
        body(*at("20260303T200000")),
        body("DTSTART:20260304T010000Z", "DTEND:20260304T015000Z"),
        "/ timezone_spelling",
    ),
    case(
        "start and end in different zones, same instants",
        PLAIN,
        body("DTEND;TZID=America/Chicago:20260303T095000"),
        "/ timezone_spelling",
    ),
    case("end in another zone, later", PLAIN, body("DTEND;TZID=America/Chicago:20260303T105000"), "resized"),
    case(
        "in the hour that occurs twice, the first is meant",
        body(*at("20261101T013000", "20261101T015500")),
        body("DTSTART:20261101T053000Z", "DTEND:20261101T055500Z"),
        "/ timezone_spelling",
    ),
    case(
        "moved to the second of two equal local times",
        body(*at("20261101T013000", "20261101T015500")),
        body("DTSTART:20261101T063000Z", "DTEND:20261101T065500Z"),
        "moved",
    ),
    case(
        "a time that the clocks skip is read with the offset before",
        body(*at("20260308T023000", "20260308T025500")),
        body(*at("20260308T033000", "20260308T035500")),
        "/ bookkeeping",
    ),
    # series
    case(
        "series under a Windows name",
        SERIES,
        spelled("Eastern Standard Time", "", WEEKLY),
        "/ timezone_spelling",
    ),
    case("series under a name of its own", SERIES, spelled("Custom", CUSTOM, WEEKLY), "/ timezone_spelling"),
    case(
        "endless series under a name of its own",
        body(ENDLESS),
        spelled("Custom", CUSTOM, ENDLESS),
        "/ timezone_spelling",
    ),
    case(
        "series in another zone at the same wall time", SERIES, spelled("America/Chicago", "", WEEKLY), "timezone_shift"
    ),
    case(
        "series made floating, for a provider elsewhere",
        SERIES,
        body("DTSTART:20260303T100000", "DTEND:20260303T105000", WEEKLY),
        "timezone_shift",
        zone="America/Chicago",
    ),
    case(
        "series rewritten to UTC drifts with the clocks",
        SERIES,
        body("DTSTART:20260303T150000Z", "DTEND:20260303T155000Z", WEEKLY),
        "recurrence",
    ),
    case(
        "series in UTC that sees no change of clocks",
        body(*at("20260310T100000"), "RRULE:FREQ=WEEKLY;COUNT=4"),
        body("DTSTART:20260310T140000Z", "DTEND:20260310T145000Z", "RRULE:FREQ=WEEKLY;COUNT=4"),
        "/ timezone_spelling",
    ),
    case(
        "series in a zone without summer time",
        SERIES,
        spelled("America/Jamaica", "", WEEKLY),
        "timezone_shift",
    ),
]
