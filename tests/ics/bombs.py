"""Bodies that ask for endless work, or for much room, in every way that iCalendar has: each within the size limit."""

import random
from collections.abc import Callable

from tests.corpus.bodies import ALARM, ENDLESS, NEW_YORK, WEEKLY, at, body, calendar, event, instance
from tests.corpus.zones import HISTORY

MAX = (1 << 20) - 2000


def numbers(first: int, end: int) -> str:
    return ",".join(map(str, range(first, end)))


def marks(length: int) -> str:
    chance = random.Random(1)  # noqa: S311 - a test's dice
    return "".join(chr(chance.randrange(0x591, 0x5AF)) for _ in range(length))


ALLDAYS = "MO,TU,WE,TH,FR,SA,SU"
BIG = f"BYDAY={ALLDAYS};BYHOUR={numbers(0, 24)};BYMINUTE={numbers(0, 60)};BYSECOND={numbers(0, 60)}"


def zone_bomb(rules: str, n: int) -> bytes:
    obs = "".join(
        f"BEGIN:STANDARD\nDTSTART:2000{m:02}01T000000\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0400\n{rules}\nEND:STANDARD\n"
        for m in [1 + i % 12 for i in range(n)]
    )
    return calendar(f"BEGIN:VTIMEZONE\nTZID:T\n{obs}END:VTIMEZONE\n", event(*at("20260303T100000", zone="T"), ENDLESS))


def unique_dates(n: int) -> list[str]:
    return [f"20{26 + i // 300:02}{1 + i // 25 % 12:02}{1 + i % 25:02}T100000" for i in range(n)]


BOMBS: dict[str, Callable[[], bytes]] = {
    "yearly product setpos": lambda: body(f"RRULE:FREQ=YEARLY;{BIG};BYSETPOS={numbers(1, 366)}"),
    "yearly product setpos end": lambda: body(f"RRULE:FREQ=YEARLY;{BIG};BYSETPOS=-366,366,1"),
    "monthly product setpos": lambda: body(f"RRULE:FREQ=MONTHLY;{BIG};BYSETPOS=-1"),
    "daily product": lambda: body(f"RRULE:FREQ=DAILY;{BIG}"),
    "daily product count": lambda: body(f"RRULE:FREQ=DAILY;{BIG};COUNT=999999"),
    "yearly setpos until 9999": lambda: body(f"RRULE:FREQ=YEARLY;{BIG};BYSETPOS=1;UNTIL=99991231"),
    "hourly product": lambda: body(
        f"RRULE:FREQ=HOURLY;BYMINUTE={numbers(0, 60)};BYSECOND={numbers(0, 60)};BYSETPOS=3600"
    ),
    "secondly": lambda: body("RRULE:FREQ=SECONDLY"),
    "secondly never": lambda: body("RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30;UNTIL=99991231"),
    "secondly hour 3 sec 7": lambda: body("RRULE:FREQ=SECONDLY;INTERVAL=7;BYHOUR=3;BYMINUTE=3;BYSECOND=7;COUNT=999999"),
    "secondly odd interval never": lambda: body("RRULE:FREQ=SECONDLY;INTERVAL=60;BYSECOND=7;UNTIL=99991231"),
    "minutely never": lambda: body("RRULE:FREQ=MINUTELY;INTERVAL=60;BYMINUTE=7;COUNT=5"),
    "20 never": lambda: body(*["RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;UNTIL=99991231"] * 20),
    "4 never": lambda: body(*["RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;UNTIL=99991231"] * 4),
    "4 daily": lambda: body(*[f"RRULE:FREQ=DAILY;INTERVAL={i};COUNT=3000" for i in range(1, 5)]),
    "2+2 daily ex": lambda: body(
        *[f"RRULE:FREQ=DAILY;INTERVAL={i};COUNT=3000" for i in range(1, 3)],
        *[f"EXRULE:FREQ=DAILY;INTERVAL={i};COUNT=3000" for i in range(1, 3)],
    ),
    "daily 3000": lambda: body("RRULE:FREQ=DAILY;COUNT=3000"),
    "daily every day filters": lambda: body(
        f"RRULE:FREQ=DAILY;BYMONTH={numbers(1, 13)};BYMONTHDAY={numbers(1, 32)};BYWEEKNO={numbers(1, 54)};BYDAY=MO"
    ),
    "2000 exrules": lambda: body(WEEKLY, *["EXRULE:FREQ=DAILY"] * 2000),
    "2000 rdate lines": lambda: body(WEEKLY, *["RDATE:20260310T140000Z"] * 2000),
    "2000 rdates": lambda: body(ENDLESS, "RDATE;TZID=America/New_York:" + ",".join(unique_dates(1990))),
    "2000 exdates": lambda: body(ENDLESS, "EXDATE;TZID=America/New_York:" + ",".join(unique_dates(1990))),
    "60000 rdates": lambda: body("RDATE:" + ",".join(["20260310T140000Z"] * 61_000)),
    "combining marks": lambda: body("SUMMARY:a" + "\u0316\u0301" * (MAX // 4)),
    "combining marks 3": lambda: body("DESCRIPTION:a" + "\u0301\u0316\u0344" * (MAX // 6)),
    "combining hebrew": lambda: body("DESCRIPTION:" + "a" + marks(MAX // 2)),
    "hangul": lambda: body("DESCRIPTION:" + "\u1112\u1161\u11ab" * (MAX // 9)),
    "arabic lig": lambda: body("DESCRIPTION:" + "\ufdfa" * (MAX // 3)),
    "commas in categories": lambda: body("CATEGORIES:" + "," * 900_000),
    "many categories lines": lambda: body(*["CATEGORIES:" + "," * 199] * 4000),
    "many lines": lambda: body(*["X:"] * 260_000),
    "18000 lines": lambda: body(*["X-A:" + "y" * 40] * 18_000),
    "18000 diff lines": lambda: body(*[f"X-A{i}:" + "y" * 40 for i in range(11_000)]),
    "18000 params lines": lambda: body(*["X-A;A=1;B=2;C=3;D=4;E=5;F=6;G=7:" + str(i) for i in range(11_000)]),
    "lines with 150 params": lambda: body(*["X" + ";A=1" * 150 + ":" + str(i) for i in range(1_600)]),
    "parameters": lambda: body("X" + ";A=1" * 250_000 + ":1"),
    "attendee parameters": lambda: body("ATTENDEE" + ";A=1" * 250_000 + ":mailto:a@b"),
    "quotes": lambda: body('X;A="' + 'a"b' * 340_000),
    "quotes2": lambda: body("ATTENDEE;A=" + '"' * 1_000_000 + ":x"),
    "quote semis": lambda: body("X;A=" + '";' * 500_000 + ":x"),
    "params stray": lambda: body("X" + ";" * 1_000_000 + ":x"),
    "colons": lambda: body("DTSTART;TZID=" + ":" * 1_000_000 + "20260303T100000"),
    "colons2": lambda: body("EXDATE;TZID=" + ":20260303T100000" * 60_000),
    "folded each": lambda: body("SUMMARY:" + "a\r\n " * 200_000),
    "folded 95k": lambda: body("SUMMARY:" + "a\r\n " * 95_000),
    "newlines": lambda: body() + b"\n" * 1_000_000,
    "crs": lambda: body("SUMMARY:" + "\r" * 1_000_000),
    "crs2": lambda: body("SUMMARY:" + "\ra" * 500_000),
    "backslashes": lambda: body("DESCRIPTION:" + "\\" * 1_000_000),
    "backslash n": lambda: body("DESCRIPTION:" + "\\n" * 500_000),
    "backslash comma": lambda: body("DESCRIPTION:" + "\\," * 500_000),
    "spaces": lambda: body("DESCRIPTION:" + " a" * 500_000),
    "blank ends": lambda: body("DESCRIPTION:" + " \\n" * 300_000),
    "style": lambda: body("DESCRIPTION:" + "<style>" * 140_000),
    "style2": lambda: body("DESCRIPTION:" + "<style><a" * 110_000),
    "tags": lambda: body("DESCRIPTION:" + "<a " * 330_000),
    "tag attr": lambda: body("DESCRIPTION:<a" + " " * 1_000_000),
    "entities": lambda: body("DESCRIPTION:" + "&amp;" * 200_000),
    "entities2": lambda: body("DESCRIPTION:" + "&#" * 500_000),
    "links": lambda: body("LOCATION:" + "https://a " * 100_000),
    "links2": lambda: body("LOCATION:" + "https://" * 120_000),
    "links diff": lambda: body("LOCATION:" + " ".join(f"https://a/{i}" for i in range(60_000))),
    "links dots": lambda: body("LOCATION:https://a" + "." * 1_000_000),
    "emoji": lambda: body("DESCRIPTION:" + "\U0001f600" * (MAX // 4)),
    "ascii+emoji": lambda: body("DESCRIPTION:\U0001f600" + "a" * MAX),
    "nested": lambda: b"BEGIN:VCALENDAR\r\n" * 60_000,
    "nested closed": lambda: body(*["BEGIN:A"] * 6 + ["X:" + "y" * 900_000] + ["END:A"] * 6),
    "many alarms": lambda: body(*[ALARM] * 3300),
    "many calendars": lambda: body() * 2500,
    "1000 events": lambda: calendar(*[event() for _ in range(499)]),
    "1000 uids": lambda: calendar(*[event(f"UID:{i}") for i in range(499)]),
    "1000 uids zones": lambda: calendar(
        *[NEW_YORK.replace("America/New_York", f"T{i}") for i in range(499)],
        *[event(f"UID:{i}", *at("20260303T100000", zone=f"T{i}")) for i in range(499)],
    ),
    "1000 uids endless": lambda: calendar(*[event(f"UID:{i}", "RRULE:FREQ=SECONDLY") for i in range(499)]),
    "1000 overrides": lambda: calendar(
        event("RRULE:FREQ=DAILY"), *[instance(d[:8]) for d in sorted(set(unique_dates(499)))]
    ),
    "1000 ranges": lambda: calendar(
        event("RRULE:FREQ=DAILY"),
        *[
            instance(d[:8]).replace("RECURRENCE-ID;", "RECURRENCE-ID;RANGE=THISANDFUTURE;")
            for d in sorted(set(unique_dates(499)))
        ],
    ),
    "300 ranges": lambda: calendar(
        event("RRULE:FREQ=DAILY;COUNT=3000"),
        *[
            instance(d[:8], "SUMMARY:x").replace("RECURRENCE-ID;", "RECURRENCE-ID;RANGE=THISANDFUTURE;")
            for d in sorted(set(unique_dates(300)))
        ],
    ),
    "500 guests x overrides": lambda: calendar(
        event("RRULE:FREQ=DAILY", *[f"ATTENDEE:mailto:a{i}@example.com" for i in range(490)]),
        *[instance(d[:8]) for d in sorted(set(unique_dates(499)))],
    ),
    "9000 guests": lambda: body(*(f"ATTENDEE:mailto:a{n}@example.com" for n in range(9_000))),
    "tz 50 yearly": lambda: zone_bomb("RRULE:FREQ=YEARLY", 50),
    "tz secondly": lambda: zone_bomb("RRULE:FREQ=SECONDLY", 1),
    "tz yearly all days": lambda: zone_bomb(f"RRULE:FREQ=YEARLY;BYDAY={ALLDAYS}", 2),
    "tz monthly count": lambda: zone_bomb("RRULE:FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2;COUNT=9999", 100),
    "tz rdates": lambda: zone_bomb("RDATE:" + ",".join(unique_dates(2000)), 20),
    "tz 20 bounded": lambda: zone_bomb("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=1SU;UNTIL=99991231T000000Z", 100),
    "tz used everywhere": lambda: calendar(
        HISTORY.replace("Town", "T"), event(*at("20260303T100000", zone="T"), "RRULE:FREQ=YEARLY;UNTIL=99990101")
    ),
    "tz daily 3000": lambda: calendar(
        HISTORY.replace("Town", "T"), event(*at("20260303T100000", zone="T"), "RRULE:FREQ=DAILY;COUNT=3000")
    ),
    "tz seldom": lambda: calendar(
        "BEGIN:VTIMEZONE\nTZID:T\n"
        + "".join(
            f"BEGIN:STANDARD\nDTSTART:2000{m:02}01T000000\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0400\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\nEND:STANDARD\n"
            for m in [1 + i % 12 for i in range(25)]
        )
        + "END:VTIMEZONE\n",
        event(*at("20260303T100000", zone="T"), "RRULE:FREQ=DAILY;COUNT=3000"),
    ),
    "many tz": lambda: calendar(
        *[NEW_YORK.replace("America/New_York", f"T{i}") for i in range(900)],
        event(*at("20260303T100000", zone="T1"), *[f"EXDATE;TZID=T{i}:20260303T100000" for i in range(900)]),
    ),
    "huge uid": lambda: body("UID:" + "u" * 1_000_000),
    "huge tzid": lambda: body("DTSTART;TZID=" + "u" * 1_000_000 + ":20260303T100000"),
    "huge tzid slashes": lambda: body("DTSTART;TZID=" + "/" * 1_000_000 + ":20260303T100000"),
    "huge tzid slashes2": lambda: body("DTSTART;TZID=" + "a/" * 500_000 + ":20260303T100000"),
    "huge rule": lambda: body("RRULE:FREQ=DAILY;BYMINUTE=" + "1," * 500_000),
    "huge number": lambda: body("SEQUENCE:" + "9" * 1_000_000),
    "huge duration": lambda: body("DURATION:P" + "9" * 1_000_000 + "W"),
    "related": lambda: body(*[f"RELATED-TO:{i}" for i in range(11_000)]),
    "urls": lambda: body(*[f"URL:https://a/{i}" for i in range(11_000)]),
    "summaries": lambda: body(*[f"SUMMARY:{i}" for i in range(11_000)]),
}
