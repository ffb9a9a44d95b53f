"""VTIMEZONEs, judged by dateutil's reader of them and by the zone data itself."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical

from syncd.core.errors import UnknownTimezoneError
from syncd.ics.lines import write
from syncd.ics.vtimezone import vtimezone

ZONES = [
    "America/New_York",
    "America/Los_Angeles",
    "America/Nuuk",  # a Saturday between the 24th and the 30th
    "America/Santiago",  # a Sunday between the 2nd and the 8th
    "Europe/Berlin",
    "Europe/Dublin",  # whose winter is the exception
    "Europe/Istanbul",  # which stayed on summer time for good
    "Europe/Moscow",
    "Africa/Cairo",  # a day that is in one month or the next
    "Africa/Casablanca",  # by the moon
    "Asia/Gaza",  # by the moon too
    "Asia/Almaty",  # which changed its standard time once
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Apia",  # which left out a day
    "US/Eastern",
    "Etc/GMT+5",
]


def as_dateutil_reads(name: str) -> tzinfo:
    zone = tzical(StringIO(write(vtimezone(name)).decode())).get(name)
    assert zone is not None
    return zone


def local_times(zone: ZoneInfo) -> Iterator[datetime]:
    """Yield local times that occur once, from 2012 to 2045: one a week, and every hour of the days with a change."""
    day = datetime(2012, 1, 1, tzinfo=UTC)
    while day.year < 2045:
        changes = day.astimezone(zone).utcoffset() != (day + timedelta(days=1)).astimezone(zone).utcoffset()
        for hour in range(24) if changes else [12] if day.weekday() == 2 else []:
            local = (day + timedelta(hours=hour, minutes=7)).astimezone(zone)
            if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
                yield local
        day += timedelta(days=1)


@pytest.mark.parametrize("name", ZONES)
def test_a_zone_read_from_its_vtimezone(name: str) -> None:
    """Every local time means the same instant by the VTIMEZONE as by the zone data, past and future."""
    zone, read = ZoneInfo(name), as_dateutil_reads(name)

    wrong = [
        (local.isoformat(), offset)
        for local in local_times(zone)
        if (offset := local.replace(tzinfo=read).utcoffset()) != local.utcoffset()
    ]

    assert wrong == []


@pytest.mark.parametrize("name", ["America/New_York", "Europe/Berlin", "Europe/Dublin"])
def test_a_zone_with_a_regular_rule(name: str) -> None:
    """Two observances with a rule that never ends say it all; summer is DAYLIGHT, as programs expect."""
    texts = list(vtimezone(name).texts())

    assert texts.count("BEGIN:STANDARD") == texts.count("BEGIN:DAYLIGHT") == 1
    assert sum(text.startswith("RRULE:FREQ=YEARLY;BYMONTH=") for text in texts) == 2
    assert not any("UNTIL" in text or "RDATE" in text for text in texts)
    assert next(text for text in texts[texts.index("BEGIN:DAYLIGHT") :] if "RRULE" in text).endswith(("2SU", "-1SU"))


def test_a_zone_whose_clocks_never_change() -> None:
    """One STANDARD observance without a rule."""
    assert list(vtimezone("Asia/Kolkata").texts()) == [
        "BEGIN:VTIMEZONE",
        "TZID:Asia/Kolkata",
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        "TZOFFSETFROM:+0530",
        "TZOFFSETTO:+0530",
        "TZNAME:IST",
        "END:STANDARD",
        "END:VTIMEZONE",
    ]


@pytest.mark.parametrize("name", ["Africa/Casablanca", "Africa/Cairo"])
def test_a_zone_without_a_regular_rule(name: str) -> None:
    """Onsets that follow no rule are listed: none is made up from the last few years."""
    texts = list(vtimezone(name).texts())

    standard = texts[texts.index("BEGIN:STANDARD") : texts.index("END:STANDARD")]
    assert any(text.startswith("RDATE:2060") for text in standard)
    assert not any(text.startswith("RRULE:") for text in standard)


@pytest.mark.parametrize("name", ZONES)
def test_a_list_of_onsets(name: str) -> None:
    """One date a line: there are programs that read only the first of a list, and are an hour off ever after."""
    texts = list(vtimezone(name).texts())

    assert not any(text.startswith(("RDATE", "EXDATE")) and "," in text for text in texts)


def test_a_zone_that_changed_its_standard_time() -> None:
    """DAYLIGHT is a season: a country that puts its clocks ahead for good changes from one STANDARD to another."""
    assert "BEGIN:DAYLIGHT" not in list(vtimezone("Asia/Pyongyang").texts())


def test_a_zone_asked_for_twice() -> None:
    """A zone costs milliseconds to work out, so it is worked out once."""
    assert vtimezone("Europe/Paris") is vtimezone("Europe/Paris")


def test_a_name_that_is_no_zone() -> None:
    """There is nothing to write for a name that the IANA database does not hold."""
    with pytest.raises(UnknownTimezoneError):
        vtimezone("Custom/Nowhere")
