"""Copies: duplicates, edits by deleting and creating, series cut in two."""

from tests.corpus.bodies import ENDLESS, WEEKLY, at, body, case

OTHER = "UID:2b1f@device.example.com"
PLAIN = body()
SERIES = body(WEEKLY)
OPEN = body(ENDLESS)
HEAD = body("RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20260330T235959Z")
COUNTED_HEAD = body("RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=4")
REST = "RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=6"
FIFTH = at("20260331T100000")


CASES = [
    case(
        "copied to another day with a new UID", PLAIN, PLAIN, "duplicate", also=(body(OTHER, *at("20260310T100000")),)
    ),
    case(
        "a second resource with our UID", PLAIN, PLAIN, "duplicate", also=(body(*at("20260310T100000"), "SUMMARY:x"),)
    ),
    case(
        "copied with other words but our reference",
        body("X-SYNCD-REF:apt-1"),
        body("X-SYNCD-REF:apt-1"),
        "duplicate",
        also=(body(OTHER, "X-SYNCD-REF:apt-1", "SUMMARY:x"),),
    ),
    case(
        "related to ours",
        PLAIN,
        PLAIN,
        "duplicate",
        also=(body(OTHER, "RELATED-TO:apt-7m2k9qf3x1@practice.example.com", "SUMMARY:x"),),
    ),
    case(
        "another session of ours that reads alike",
        body("X-SYNCD-REF:apt-1"),
        body("X-SYNCD-REF:apt-1"),
        also=(body(OTHER, "X-SYNCD-REF:apt-2"),),
    ),
    case("the provider's own event at the same time", PLAIN, PLAIN, also=(body(OTHER, "SUMMARY:Lunch"),)),
    case("an unreadable neighbour", PLAIN, PLAIN, also=(b"junk",)),
    case(
        "same title, other room, other time and length",
        PLAIN,
        PLAIN,
        also=(body(OTHER, *at("20260310T100000"), "LOCATION:Home"),),
    ),
    case(
        "same words, other time and length",
        PLAIN,
        PLAIN,
        also=(body(OTHER, *at("20260310T100000", "20260310T120000")),),
    ),
    case(
        "moved, and a copy left at the old place",
        PLAIN,
        body(*at("20260303T110000")),
        "moved duplicate",
        also=(body(OTHER),),
    ),
    case(
        "edited by deleting and creating, a day later",
        PLAIN,
        None,
        "moved",
        also=(body(OTHER, "SEQUENCE:0", *at("20260304T100000")),),
        claim=True,
    ),
    case(
        "edited by deleting and creating, an hour later under our reference",
        body("X-SYNCD-REF:apt-1"),
        None,
        "moved title",
        also=(body(OTHER, "X-SYNCD-REF:apt-1", "SUMMARY:Anna", *at("20260303T110000")),),
    ),
    case("given another href with the same UID", PLAIN, None, "duplicate", also=(PLAIN,)),
    case("deleted and created anew without a change", PLAIN, None, "duplicate", also=(body(OTHER),)),
    case(
        "deleted; what appeared has other words",
        PLAIN,
        None,
        "deleted",
        also=(body(OTHER, "SUMMARY:Anna", *at("20260304T100000")),),
    ),
    case(
        "series edited by deleting and creating",
        SERIES,
        None,
        "moved",
        also=(body(OTHER, *at("20260303T110000"), WEEKLY),),
    ),
    case(
        "another UID in its place, a copy of ours moved",
        PLAIN,
        body(OTHER, *at("20260303T110000")),
        "moved",
    ),
    case("another event in its place", PLAIN, body(OTHER, "SUMMARY:Lunch"), "deleted"),
    case(
        "of two copies the one with our UID is ours",
        PLAIN,
        None,
        "moved",
        also=(body(OTHER), body(*at("20260303T110000"))),
    ),
    # splits
    case(
        "this and future by UNTIL, new half unchanged",
        SERIES,
        HEAD,
        "split",
        also=(body(OTHER, *FIFTH, REST),),
    ),
    case(
        "this and future by COUNT, new half an hour later",
        SERIES,
        COUNTED_HEAD,
        "split moved",
        also=(body(OTHER, *at("20260331T110000"), REST),),
    ),
    case(
        "this and future to Wednesday",
        SERIES,
        HEAD,
        "split moved",
        also=(body(OTHER, *at("20260401T100000"), "RRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=6"),),
        claim=True,
    ),
    case(
        "this and future lengthened",
        SERIES,
        HEAD,
        "split resized",
        also=(
            body(
                OTHER, *at("20260331T100000", "20260331T113000"), REST, "RELATED-TO:apt-7m2k9qf3x1@practice.example.com"
            ),
        ),
    ),
    case(
        "this and future retitled under our reference",
        body(WEEKLY, "X-SYNCD-REF:ser-1"),
        body("RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=4", "X-SYNCD-REF:ser-1"),
        "split title",
        also=(body(OTHER, *FIFTH, REST, "X-SYNCD-REF:ser-1", "SUMMARY:Anna"),),
    ),
    case(
        "endless series split, new half an hour later",
        OPEN,
        HEAD,
        "split moved",
        also=(body(OTHER, *at("20260331T110000"), ENDLESS),),
    ),
    case(
        "the future half keeps our UID at our href",
        SERIES,
        body(*at("20260331T110000"), REST),
        "split moved",
        also=(body(OTHER, "RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=4"),),
    ),
    case("both halves keep our UID", SERIES, HEAD, "split moved", also=(body(*at("20260331T110000"), REST),)),
    case(
        "new half goes on too long", SERIES, HEAD, "split recurrence", also=(body(OTHER, *FIFTH, WEEKLY),), claim=True
    ),
    case(
        "new half with another rhythm",
        SERIES,
        HEAD,
        "split recurrence",
        also=(body(OTHER, *FIFTH, "RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=3"),),
    ),
    case("whole series copied", SERIES, SERIES, "duplicate", also=(body(OTHER, *at("20260304T100000"), WEEKLY),)),
    case(
        "this and future moved and lengthened",
        SERIES,
        HEAD,
        "split moved resized",
        also=(body(OTHER, *at("20260331T110000", "20260331T123000"), REST),),
    ),
    case(
        "all but the first split off, which no longer repeats",
        SERIES,
        body(),
        "split moved",
        also=(body(OTHER, *at("20260310T110000"), "RRULE:FREQ=WEEKLY;COUNT=9"),),
    ),
    case("cut without going on", SERIES, HEAD, "recurrence"),
    case(
        "cut while somebody else's series appeared",
        SERIES,
        HEAD,
        "recurrence",
        also=(body(OTHER, *FIFTH, REST, "SUMMARY:Yoga"),),
    ),
    case(
        "split, and a copy elsewhere",
        SERIES,
        HEAD,
        "split duplicate moved",
        also=(body(OTHER, *at("20260331T110000"), REST), body("UID:c@x.example.com")),
    ),
]
