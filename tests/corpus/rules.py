"""Series that are written otherwise and mean the same."""

from tests.corpus.bodies import ALARM, WEEKLY, at, body, calendar, case, event, instance
from tests.corpus.series import HOLE, MONTHLY, MOVED_ONE, OPEN, SERIES, ranged, ruled, with_override

CASES = [
    case("COUNT rewritten as UNTIL", SERIES, ruled("FREQ=WEEKLY;BYDAY=TU;UNTIL=20260505T140000Z"), "/ rule_spelling"),
    case(
        "UNTIL later but before the next instance",
        SERIES,
        ruled("FREQ=WEEKLY;BYDAY=TU;UNTIL=20260511T000000Z"),
        "/ rule_spelling",
    ),
    case("UNTIL as a date", SERIES, ruled("FREQ=WEEKLY;BYDAY=TU;UNTIL=20260505"), "/ rule_spelling"),
    case("UNTIL as a local time", SERIES, ruled("FREQ=WEEKLY;BYDAY=TU;UNTIL=20260505T100000"), "/ rule_spelling"),
    case("BYDAY left to DTSTART", SERIES, ruled("FREQ=WEEKLY;COUNT=10"), "/ rule_spelling"),
    case("parts of the rule in another order", SERIES, ruled("COUNT=10;BYDAY=TU;FREQ=WEEKLY"), "/ rule_spelling"),
    case(
        "WKST and INTERVAL spelled out",
        SERIES,
        ruled("FREQ=WEEKLY;BYDAY=TU;COUNT=10;WKST=SU;INTERVAL=1"),
        "/ rule_spelling",
    ),
    case("a parameter on RRULE", SERIES, body("RRULE;X-EDITED=1:FREQ=WEEKLY;BYDAY=TU;COUNT=10"), "/ rule_spelling"),
    case("an X- part in the rule", SERIES, ruled("FREQ=WEEKLY;BYDAY=TU;COUNT=10;X-NOTE=1"), "/ rule_spelling"),
    case("weekly rewritten as daily on Tuesdays", OPEN, ruled("FREQ=DAILY;BYDAY=TU"), "/ rule_spelling"),
    case(
        "last day of the month as a last weekday position",
        MONTHLY,
        body(*at("20260331T100000"), "RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=-1;COUNT=6"),
        "/ rule_spelling",
    ),
    case(
        "rule rewritten as RDATEs",
        ruled("FREQ=WEEKLY;COUNT=3"),
        body("RDATE;TZID=America/New_York:20260310T100000,20260317T100000"),
        "/ rule_spelling",
    ),
    case(
        "RDATE that the rule has anyway",
        SERIES,
        body(WEEKLY, "RDATE;TZID=America/New_York:20260310T100000"),
        "/ rule_spelling",
    ),
    case(
        "EXDATE that hits nothing",
        SERIES,
        body(WEEKLY, "EXDATE;TZID=America/New_York:20260318T100000"),
        "/ rule_spelling",
    ),
    case("EXDATE in UTC", HOLE, body(WEEKLY, "EXDATE:20260317T140000Z"), "/ timezone_spelling"),
    case("EXDATE as a date", HOLE, body(WEEKLY, "EXDATE;VALUE=DATE:20260317"), "/ rule_spelling"),
    case(
        "EXDATEs in one line and in two",
        body(WEEKLY, "EXDATE;TZID=America/New_York:20260317T100000,20260324T100000"),
        body(WEEKLY, "EXDATE;TZID=America/New_York:20260324T100000", "EXDATE;TZID=America/New_York:20260317T100000"),
        "/ bookkeeping",
    ),
    case(
        "EXDATE rewritten as a cancelled override",
        HOLE,
        calendar(event(WEEKLY), instance("20260317", "STATUS:CANCELLED")),
        "/ rule_spelling",
    ),
    case(
        "EXDATE beside the cancelled override",
        HOLE,
        calendar(
            event(WEEKLY, "EXDATE;TZID=America/New_York:20260317T100000"), instance("20260317", "STATUS:CANCELLED")
        ),
        "/ override_spelling",
    ),
    case("override equal to its instance", SERIES, with_override("20260317"), "/ override_spelling"),
    case("override equal to its instance dropped", with_override("20260317"), SERIES, "/ override_spelling"),
    case("reminder on one instance", SERIES, with_override("20260317", ALARM), "/ alarm override_spelling"),
    case(
        "RECURRENCE-ID in UTC",
        MOVED_ONE,
        calendar(
            event(WEEKLY),
            instance("20260317", *at("20260318T100000")).replace(
                "RECURRENCE-ID;TZID=America/New_York:20260317T100000", "RECURRENCE-ID:20260317T140000Z"
            ),
        ),
        "/ timezone_spelling",
    ),
    case(
        "RECURRENCE-ID as a date",
        MOVED_ONE,
        calendar(
            event(WEEKLY),
            instance("20260317", *at("20260318T100000")).replace(
                "RECURRENCE-ID;TZID=America/New_York:20260317T100000", "RECURRENCE-ID;VALUE=DATE:20260317"
            ),
        ),
        "/ bookkeeping",
    ),
    case(
        "override before its master",
        MOVED_ONE,
        calendar(instance("20260317", *at("20260318T100000")), event(WEEKLY)),
        "/ bookkeeping",
    ),
    case(
        "of two overrides of one instance the later edit counts",
        MOVED_ONE,
        calendar(
            event(WEEKLY),
            instance("20260317", *at("20260318T100000"), "SEQUENCE:2"),
            instance("20260317", *at("20260319T100000"), "SEQUENCE:1"),
        ),
        "/ bookkeeping",
    ),
    case(
        "range rewritten as overrides of each instance",
        calendar(event("RRULE:FREQ=WEEKLY;COUNT=4"), ranged(*at("20260317T110000"))),
        calendar(
            event("RRULE:FREQ=WEEKLY;COUNT=4"),
            instance("20260317", *at("20260317T110000")),
            instance("20260324", *at("20260324T110000")),
        ),
        "/ override_spelling bookkeeping",
    ),
    case(
        "series rewritten with DURATION",
        SERIES,
        calendar(event(WEEKLY, "DURATION:PT50M", without=["DTEND"])),
        "/ bookkeeping",
    ),
    case(
        "a BYDAY that does not fit DTSTART, as before",
        ruled("FREQ=WEEKLY;BYDAY=TH;COUNT=4"),
        ruled("COUNT=4;FREQ=WEEKLY;BYDAY=TH"),
        "/ rule_spelling",
    ),
    case(
        "EXRULE in place of EXDATEs",
        body(WEEKLY, "EXDATE;TZID=America/New_York:20260310T100000"),
        body(WEEKLY, "EXRULE:FREQ=WEEKLY;COUNT=1;BYMONTHDAY=10"),
        "/ rule_spelling",
    ),
]
