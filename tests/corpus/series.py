"""Series: single instances, whole series, ranges."""

from tests.corpus.bodies import ENDLESS, WEEKLY, at, body, calendar, case, event, instance

SERIES = body(WEEKLY)
OPEN = body(ENDLESS)
HOLE = body(WEEKLY, "EXDATE;TZID=America/New_York:20260317T100000")
MOVED_ONE = calendar(event(WEEKLY), instance("20260317", *at("20260318T100000")))
MONTHLY = body(*at("20260331T100000"), "RRULE:FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=6")
DAILY = body("RRULE:FREQ=DAILY;COUNT=5")
HOUR_LATER = at("20260303T110000")
NEXT_DAY = at("20260304T100000")


def ruled(rule: str, *lines: str) -> bytes:
    return body("RRULE:" + rule, *lines)


def with_override(day: str, *lines: str) -> bytes:
    return calendar(event(WEEKLY), instance(day, *lines))


def ranged(*lines: str) -> str:
    return instance("20260317", *lines).replace("RECURRENCE-ID;", "RECURRENCE-ID;RANGE=THISANDFUTURE;")


INSTANCES = [
    case("one instance dragged an hour", SERIES, with_override("20260317", *at("20260317T110000")), "instance_moved"),
    case("one instance dragged to the next day", SERIES, MOVED_ONE, "instance_moved", claim=True),
    case("a moved instance put back", MOVED_ONE, SERIES, "instance_moved", claim=True),
    case(
        "one instance dragged onto the day of another",
        SERIES,
        with_override("20260317", *at("20260324T150000")),
        "instance_moved",
    ),
    case(
        "one instance lengthened", SERIES, with_override("20260317", at("x", "20260317T113000")[1]), "instance_resized"
    ),
    case(
        "one instance moved and lengthened",
        SERIES,
        with_override("20260317", *at("20260317T110000", "20260317T123000")),
        "instance_moved instance_resized",
    ),
    case("one instance retitled", SERIES, with_override("20260317", "SUMMARY:Anna"), "title"),
    case(
        "one instance in another room, moved",
        SERIES,
        with_override("20260317", *at("20260317T110000"), "LOCATION:Room 6"),
        "location instance_moved",
    ),
    case("one instance with notes", SERIES, with_override("20260317", "DESCRIPTION:Bring the forms"), "description"),
    case("one instance deleted by EXDATE", SERIES, HOLE, "instance_deleted"),
    case("one instance deleted by EXDATE in UTC", SERIES, body(WEEKLY, "EXDATE:20260317T140000Z"), "instance_deleted"),
    case("one instance cancelled", SERIES, with_override("20260317", "STATUS:CANCELLED"), "instance_deleted"),
    case(
        "the first instance deleted",
        SERIES,
        body(WEEKLY, "EXDATE;TZID=America/New_York:20260303T100000"),
        "instance_deleted",
    ),
    case(
        "the last instance deleted",
        SERIES,
        body(WEEKLY, "EXDATE;TZID=America/New_York:20260505T100000"),
        "instance_deleted",
    ),
    case("a deleted instance restored", HOLE, SERIES, "recurrence", claim=True),
    case(
        "one instance made all-day",
        SERIES,
        calendar(
            event(WEEKLY),
            event("RECURRENCE-ID:20260317T140000Z", "DTSTART;VALUE=DATE:20260317", "DTEND;VALUE=DATE:20260318"),
        ),
        "all_day",
    ),
    case(
        "one instance in another zone at its wall time",
        SERIES,
        with_override("20260317", *at("20260317T100000", zone="America/Chicago")),
        "timezone_shift",
    ),
    case(
        "one instance declined",
        calendar(event(WEEKLY, "ATTENDEE:mailto:lee@example.com")),
        calendar(
            event(WEEKLY, "ATTENDEE:mailto:lee@example.com"),
            instance("20260317", "ATTENDEE;PARTSTAT=DECLINED:mailto:lee@example.com"),
        ),
        "declined",
    ),
    case(
        "guest invited to one instance",
        SERIES,
        with_override("20260317", "ATTENDEE:mailto:guest@example.org"),
        "attendees",
    ),
    case(
        "one moved, another deleted",
        SERIES,
        calendar(
            event(WEEKLY, "EXDATE;TZID=America/New_York:20260324T100000"), instance("20260317", *at("20260318T100000"))
        ),
        "instance_moved instance_deleted",
        claim=True,
    ),
    case(
        "one instance moved in the endless series",
        OPEN,
        calendar(event(ENDLESS), instance("20260317", *at("20260318T100000"))),
        "instance_moved",
        claim=True,
    ),
    case(
        "one instance deleted far ahead in the endless series",
        OPEN,
        body(ENDLESS, "EXDATE;TZID=America/New_York:20331206T100000"),
        "instance_deleted",
    ),
    case(
        "a reply that declines one instance",
        SERIES,
        calendar(
            f"BEGIN:VEVENT\nUID:{event().split()[1][4:]}\nRECURRENCE-ID:20260317T140000Z\nATTENDEE;PARTSTAT=DECLINED:mailto:lee@example.com\nEND:VEVENT\n",
            head=["METHOD:REPLY"],
        ),
        "declined",
    ),
    case(
        "a cancel message for one instance",
        SERIES,
        calendar(
            f"BEGIN:VEVENT\nUID:{event().split()[1][4:]}\nRECURRENCE-ID:20260317T140000Z\nEND:VEVENT\n",
            head=["METHOD:CANCEL"],
        ),
        "instance_deleted",
    ),
]

WHOLE = [
    case("all instances dragged an hour", SERIES, body(*HOUR_LATER, WEEKLY), "moved"),
    case(
        "all instances dragged to Wednesday",
        SERIES,
        body(*NEXT_DAY, "RRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=10"),
        "moved",
        claim=True,
    ),
    case("endless series dragged an hour", OPEN, body(*HOUR_LATER, ENDLESS), "moved"),
    case(
        "endless series dragged to Wednesday", OPEN, body(*NEXT_DAY, "RRULE:FREQ=WEEKLY;BYDAY=WE"), "moved", claim=True
    ),
    case("series moved a week later as a whole", SERIES, body(*at("20260310T100000"), WEEKLY), "moved", claim=True),
    case("daily series moved by a day", DAILY, body(*NEXT_DAY, "RRULE:FREQ=DAILY;COUNT=5"), "moved", claim=True),
    case("all instances lengthened", SERIES, body(at("x", "20260303T113000")[1], WEEKLY), "resized"),
    case(
        "all instances moved and lengthened",
        SERIES,
        body(*at("20260303T110000", "20260303T123000"), WEEKLY),
        "moved resized",
    ),
    case("all instances retitled", SERIES, body(WEEKLY, "SUMMARY:Anna"), "title"),
    case(
        "all retitled, one override along with them",
        MOVED_ONE,
        calendar(event(WEEKLY, "SUMMARY:Anna"), instance("20260317", *at("20260318T100000"), "SUMMARY:Anna")),
        "title",
    ),
    case(
        "series moved and its moved instance carried along",
        MOVED_ONE,
        calendar(
            event(*HOUR_LATER, WEEKLY),
            instance("20260317", *at("20260318T110000"), time="T110000").replace(
                "RECURRENCE-ID;TZID=America/New_York:20260317T110000",
                "RECURRENCE-ID;TZID=America/New_York:20260317T110000",
            ),
        ),
        "moved",
    ),
    case(
        "series moved with its hole",
        HOLE,
        body(*HOUR_LATER, WEEKLY, "EXDATE;TZID=America/New_York:20260317T110000"),
        "moved",
    ),
    case("series moved and its hole forgotten", HOLE, body(*HOUR_LATER, WEEKLY), "moved recurrence", claim=True),
    case(
        "series made all-day",
        SERIES,
        body("DTSTART;VALUE=DATE:20260303", "DTEND;VALUE=DATE:20260304", WEEKLY),
        "all_day",
    ),
    case("series marked cancelled", SERIES, body(WEEKLY, "STATUS:CANCELLED"), "cancelled"),
    case("series deleted", SERIES, None, "deleted"),
    case(
        "from every week to every two",
        SERIES,
        ruled("FREQ=WEEKLY;BYDAY=TU;COUNT=10;INTERVAL=2"),
        "recurrence",
        claim=True,
    ),
    case("endless series every two weeks instead", OPEN, ruled("FREQ=WEEKLY;BYDAY=TU;INTERVAL=2"), "recurrence"),
    case("a second day of the week", OPEN, ruled("FREQ=WEEKLY;BYDAY=TU,TH"), "recurrence", claim=True),
    case("fewer instances", SERIES, ruled("FREQ=WEEKLY;BYDAY=TU;COUNT=8"), "recurrence"),
    case("more instances", SERIES, ruled("FREQ=WEEKLY;BYDAY=TU;COUNT=12"), "recurrence", claim=True),
    case("the end taken away", SERIES, OPEN, "recurrence", claim=True),
    case("an endless series ended", OPEN, ruled("FREQ=WEEKLY;BYDAY=TU;UNTIL=20281231T000000Z"), "recurrence"),
    case("repetition removed", SERIES, body(), "recurrence"),
    case("repetition added", body(), SERIES, "recurrence", claim=True),
    case(
        "an instance added by RDATE",
        SERIES,
        body(WEEKLY, "RDATE;TZID=America/New_York:20260320T100000"),
        "recurrence",
        claim=True,
    ),
    case(
        "an RDATE added on a day that has a session",
        SERIES,
        body(WEEKLY, "RDATE;TZID=America/New_York:20260317T150000"),
        "recurrence",
    ),
    case("an override of no instance", SERIES, with_override("20260319"), "recurrence", claim=True),
    case(
        "master lost, one instance left",
        MOVED_ONE,
        calendar(instance("20260317", *at("20260318T100000"))),
        "recurrence",
    ),
    case("DTSTART dragged, BYDAY left behind", SERIES, body(*NEXT_DAY, WEEKLY), "recurrence", claim=True),
    case(
        "from the last day of the month to the thirtieth",
        MONTHLY,
        body(*at("20260331T100000"), "RRULE:FREQ=MONTHLY;BYMONTHDAY=30;COUNT=6"),
        "recurrence",
        claim=True,
    ),
    case(
        "this and all later instances an hour later",
        SERIES,
        calendar(event(WEEKLY), ranged(*at("20260317T110000"))),
        "split moved",
    ),
    case(
        "this and all later instances on the next day",
        OPEN,
        calendar(event(ENDLESS), ranged(*at("20260318T100000"))),
        "split moved",
        claim=True,
    ),
    case(
        "this and all later instances cancelled",
        SERIES,
        calendar(event(WEEKLY), ranged("STATUS:CANCELLED")),
        "split instance_deleted",
    ),
    case(
        "this and all later instances retitled", SERIES, calendar(event(WEEKLY), ranged("SUMMARY:Anna")), "split title"
    ),
]

ODD = [
    case(
        "daily series begun a day later and longer",
        DAILY,
        body(*NEXT_DAY, "RRULE:FREQ=DAILY;COUNT=7"),
        "recurrence",
        claim=True,
    ),
    case(
        "RDATE made a whole day",
        body(WEEKLY, "RDATE;TZID=America/New_York:20260320T100000"),
        body(WEEKLY, "RDATE;VALUE=DATE:20260320"),
        "recurrence",
    ),
    case(
        "series moved, its moved instance left where it was",
        calendar(event(WEEKLY), instance("20260317", *at("20260318T150000"))),
        calendar(event(*HOUR_LATER, WEEKLY), instance("20260317", *at("20260318T150000"), time="T110000")),
        "moved",
    ),
    case(
        "one of the instances that stand alone lengthened",
        calendar(instance("20260317"), instance("20260324")),
        calendar(instance("20260317"), instance("20260324", at("x", "20260324T113000")[1])),
        "instance_resized",
    ),
    case(
        "an instance restored and moved at once",
        HOLE,
        with_override("20260317", *at("20260318T100000")),
        "recurrence",
        claim=True,
    ),
    case("a single appointment made a series of one", body(), ruled("FREQ=WEEKLY;COUNT=1"), "/ rule_spelling"),
    case(
        "the only instance of a single appointment excluded",
        body(),
        body("EXDATE:20260303T150000Z"),
        "instance_deleted",
    ),
    case(
        "an end so far away that it hardly is one",
        OPEN,
        ruled("FREQ=WEEKLY;BYDAY=TU;UNTIL=99991231T235959Z"),
        "recurrence",
    ),
    case(
        "the end brought nearer, far beyond the horizon",
        ruled("FREQ=DAILY;COUNT=9000"),
        ruled("FREQ=DAILY;COUNT=8000"),
        "recurrence",
    ),
]

CASES = [*ODD, *INSTANCES, *WHOLE]
