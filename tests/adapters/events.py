"""Small iCalendar bodies, and a comparison by meaning that needs no iCalendar: the same lines in any order."""


def an_event(uid: str = "session-1@example.com", *, start: str = "20261201T100000Z", summary: str = "Session") -> bytes:
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//example.org//tests//EN",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "DTSTAMP:20261101T080000Z",
        f"DTSTART:{start}",
        "DURATION:PT50M",
        f"SUMMARY:{summary}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    return "\r\n".join(lines).encode()


def same_lines(sent: bytes, stored: bytes) -> bool:
    return sorted(sent.splitlines()) == sorted(stored.splitlines())
