"""A record of many years, made row by row and without regard to the triggers; the same for the same numbers.

The shape is that of a practice that works: what is over is completed and filed, a little of everything waits.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Table, delete

from syncd.adapters.db import access_tables, tables
from syncd.adapters.db.bulk import load, unguarded
from syncd.adapters.db.engine import make_engine
from syncd.adapters.db.types import Canonical
from syncd.core.audit.chain import link_hash
from syncd.core.audit.record import AuditRecord
from syncd.core.sync.calendars import Capabilities

Row = dict[str, Any]

_ZONE = ZoneInfo("America/New_York")
_WATCHED = timedelta(days=90)
_A_DAY = 2
"""Sessions of a provider in a day: a million of 500 providers fill some three years."""


@dataclass(frozen=True, kw_only=True)
class Years:
    """How much there is; the last sessions are sixty days after ``now``."""

    now: datetime
    appointments: int = 1_000_000
    claims: int = 400_000
    drifts: int = 100_000
    messages: int = 500_000
    audit: int = 1_000_000
    providers: int = 500
    clients: int = 20_000
    publications: int = 400_000

    def scaled(self, share: float) -> "Years":
        """Return the same in small."""
        counts = {name: max(int(value * share), 20) for name, value in asdict(self).items() if name != "now"}
        return Years(now=self.now, **counts)


def fill(url: str, years: Years) -> None:
    """Fill an empty, migrated database."""
    fill_in(url, years)
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


def fill_in(url: str, years: Years) -> None:
    """Do so, and leave the planner without any idea of how much there is of what."""
    engine = make_engine(url, migrating=True)
    with engine.begin() as connection, unguarded(connection):
        connection.execute(delete(tables.audit_head))
        for table, rows in _parts(years):
            load(connection, table, rows)
    engine.dispose()


def _parts(years: Years) -> Iterator[tuple[Table, Iterator[Row]]]:
    yield tables.providers, _providers(years)
    yield tables.clients, _clients(years)
    yield tables.appointments, _appointments(years)
    yield tables.claims, _claims(years)
    yield tables.calendars, _calendars(years)
    yield tables.publications, _publications(years)
    yield tables.drifts, _drifts(years)
    yield tables.drift_findings, _findings(years)
    yield tables.drift_appointments, _concerned(years)
    yield tables.messages, _messages(years)
    yield from _audit(years)
    yield tables.work, _work(years)
    yield access_tables.users, iter([{**_USER, "created_at": years.now}])
    yield access_tables.sessions, _sessions(years)


@lru_cache(maxsize=3_000_000)
def _mixed(kind: str, number: int) -> str:
    """Return an id that says nothing of when it was made, as real ones do not."""
    return f"{kind}-{hashlib.blake2s(f'{kind}{number}'.encode(), digest_size=6).hexdigest()}"


def _providers(years: Years) -> Iterator[Row]:
    for number in range(years.providers):
        email = f"p{number}@example.com"
        zone = {"timezone": _ZONE.key, "active": True, "language": None}
        yield {"id": _mixed("prv", number), "name": f"Provider {number}", "email": email, "email_key": email} | zone


def _clients(years: Years) -> Iterator[Row]:
    for number in range(years.clients):
        email = f"c{number}@example.org"
        rest = {"timezone": None, "active": True, "language": None}
        yield {"id": _mixed("cli", number), "name": f"Client {number}", "email": email, "email_key": email} | rest


@lru_cache(maxsize=10_000)
def _day(years: Years, days_back: int) -> datetime:
    """Return eight in the morning of a day, counted back from the last one."""
    last = years.now.astimezone(_ZONE).replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=60)
    return last - timedelta(days=days_back)


def _start(years: Years, number: int) -> datetime:
    """Return when the session of that number starts, later for later numbers: two a day of each provider."""
    rounds = -(-years.appointments // years.providers)
    days_back, slot = divmod(rounds - 1 - number // years.providers, _A_DAY)
    return _day(years, days_back).replace(hour=8 + _A_DAY - slot)


def _status(years: Years, number: int, start: datetime) -> str:
    if number % 50 == 0:
        return "cancelled"
    return "completed" if start + timedelta(minutes=50) <= years.now else "booked"


def _appointments(years: Years) -> Iterator[Row]:
    for number in range(years.appointments):
        start, id_ = _start(years, number), _mixed("apt", number)
        status = _status(years, number, start)
        is_off = status == "cancelled"
        yield {
            "id": id_,
            "uid": f"{id_}@syncd.example.com",
            "provider_id": _mixed("prv", number % years.providers),
            "client_id": _mixed("cli", (number * 7) % years.clients),
            "start_wall": start.replace(tzinfo=None),
            "start_zone": _ZONE.key,
            "start_fold": 0,
            "minutes": 50,
            "starts_at": start,
            "ends_at": start + timedelta(minutes=50),
            "date_of_service": start.date(),
            "status": status,
            "location": f"Room {number % 9}",
            "sequence": 0,
            "cancel_reason": "illness" if is_off else None,
            "cancelled_by": "client" if is_off else None,
            "cancelled_at": start - timedelta(days=1) if is_off else None,
            "cancel_note": "" if is_off else None,
            "cancel_message": "" if is_off else None,
            "version": 1,
        }


def _latest(years: Years, count: int) -> range:
    return range(years.appointments - count, years.appointments)


def _claims(years: Years) -> Iterator[Row]:
    for number in _latest(years, years.claims):
        start = _start(years, number)
        end = start + timedelta(minutes=50)
        status = _claim_status(years, number, end)
        seen = end + timedelta(minutes=10) if status in {"clear", "filed"} else None
        yield {
            "id": _mixed("clm", number),
            "appointment_id": _mixed("apt", number),
            "date_of_service": start.date(),
            "status": status,
            "confirmed_at": seen,
            "proven_at": seen,
            "number": f"N{number}" if status == "filed" else None,
            "filed_at": end + timedelta(days=3) if status == "filed" else None,
        }


def _claim_status(years: Years, number: int, end: datetime) -> str:
    if number % 50 == 0:
        return "void"
    if end > years.now:
        return "pending"
    if number % 200 == 1:
        return "held"
    return "filed" if end < years.now - timedelta(days=7) else "clear"


def _calendars(years: Years) -> Iterator[Row]:
    for number in range(years.providers):
        id_ = _mixed("cal", number)
        yield {
            "id": id_,
            "provider_id": _mixed("prv", number),
            "kind": "caldav",
            "name": "Practice appointments",
            "url": f"https://dav{number % 5}.example.net/{id_}/",
            "username": "pat",
            "secret": b"sealed",
            "state": "unreachable" if number % 250 == 0 else "ok",
            "capabilities": asdict(Capabilities()),
            "cursor": "token-1",
            "plain_events": False,
            "plain_http": False,
            "guards_waived": False,
            "revision": 0,
            "last_tried_at": years.now - timedelta(minutes=2),
            "last_synced_at": years.now - timedelta(minutes=2),
            "last_verified_at": years.now - timedelta(hours=5),
            "last_proven_equal_at": years.now - timedelta(hours=5),
            "look": "",
            "unlisted": 0,
        }


def _publications(years: Years) -> Iterator[Row]:
    for number in _latest(years, years.publications):
        appointment, end = _mixed("apt", number), _start(years, number) + timedelta(minutes=50)
        calendar = _mixed("cal", number % years.providers)
        state = "live" if end > years.now - _WATCHED else "retired"
        if number % 50 == 0:
            state = "withdrawn"
        yield {
            "id": _mixed("pub", number),
            "calendar_id": calendar,
            "source_kind": "appointment",
            "source_id": appointment,
            "uid": f"{appointment}@syncd.example.com",
            "href": f"/{calendar}/{appointment}.ics",
            "etag": f'"{number}"',
            "schedule_tag": None,
            "body": None if state == "withdrawn" else _BODY.format(uid=appointment),
            "sequence": 0,
            "wanted": 1,
            "done": 0 if number % 1000 == 7 else 1,
            "intent_kind": None,
            "intent_body": None,
            "intent_at": None,
            "intent_base": None,
            "yielded": [],
            "look": "",
            "published_at": end - timedelta(days=30),
            "verified_at": end,
            "state": state,
            "first_seen_at": end - timedelta(days=30),
        }


_BODY = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n" + "X-A:b\r\n" * 60


def _drifted(years: Years, number: int) -> int:
    """Return the appointment that the drift of that number is about, among those with claims that are over."""
    over = [years.appointments - years.claims, years.appointments - years.claims // 10]
    return over[0] + (number * (over[1] - over[0])) // years.drifts


def _is_open(years: Years, number: int) -> bool:
    return number >= years.drifts - max(years.drifts // 500, 2)


def _drifts(years: Years) -> Iterator[Row]:
    for number in range(years.drifts):
        one = _drifted(years, number)
        at = _start(years, one) - timedelta(days=2)
        is_open = _is_open(years, number)
        yield {
            "id": _mixed("drift", number),
            "publication_id": _mixed("pub", one) if one >= years.appointments - years.publications else None,
            "appointment_id": _mixed("apt", one),
            "calendar_id": _mixed("cal", one % years.providers),
            "provider_id": _mixed("prv", one % years.providers),
            "kinds": " moved " if number % 10 else " title ",
            "severity": "time" if number % 10 else "content",
            "fingerprint": f"f{number}",
            "action": "flag" if is_open else "revert",
            "rule": "default",
            "detected_at": at,
            "status": "open" if is_open else "reverted",
            "claim_date_changes": False,
            "edited_at": at - timedelta(minutes=4),
            "due_at": None,
            "resolved_at": None if is_open else at + timedelta(seconds=2),
            "resolved_by": None if is_open else "policy",
            "note": "",
            "copies": [],
        }


def _findings(years: Years) -> Iterator[Row]:
    for number in range(years.drifts):
        start = _start(years, _drifted(years, number))
        yield {
            "drift_id": _mixed("drift", number),
            "position": 0,
            "kind": "moved" if number % 10 else "title",
            "severity": "time" if number % 10 else "content",
            "field": "start" if number % 10 else "summary",
            "published": start.isoformat() if number % 10 else "Session",
            "observed": (start + timedelta(hours=1)).isoformat() if number % 10 else "Other",
        }


def _concerned(years: Years) -> Iterator[Row]:
    for number in range(years.drifts):
        one = _mixed("apt", _drifted(years, number))
        yield {"drift_id": _mixed("drift", number), "appointment_id": one}


def _messages(years: Years) -> Iterator[Row]:
    first = years.appointments - years.messages
    for number in range(years.messages):
        appointment = _mixed("apt", first + number)
        sent = min(_start(years, first + number) - timedelta(days=14), years.now - timedelta(minutes=1))
        is_new, is_failed = number >= years.messages - 20, number % 10_000 == 5
        status = "failed" if is_failed else "queued" if is_new else "sent"
        yield {
            "number": number + 1,
            "id": _mixed("msg", number),
            "kind": "booked",
            "appointment_id": appointment,
            "recipient": f"c{((first + number) * 7) % years.clients}@example.org",
            "party": "client",
            "method": "REQUEST",
            "uid": f"{appointment}@syncd.example.com",
            "sequence": 0,
            "created_at": sent,
            "facts": {"provider_name": "Provider", "start": sent.isoformat(), "text": "x" * 300},
            "recurrence_key": "",
            "status": status,
            "attempts": 0 if is_new else 1,
            "handed_over_at": None,
            "sent_at": sent if status == "sent" else None,
            "last_error": "550 no such mailbox" if is_failed else None,
        }


def _audit(years: Years) -> Iterator[tuple[Table, Iterator[Row]]]:
    head: Row = {"id": 1, "number": 0, "hash": ""}

    def rows() -> Iterator[Row]:
        first = years.now - timedelta(days=3 * 365)
        step = (years.now - first) / years.audit
        for number in range(1, years.audit + 1):
            record = AuditRecord(
                at=first + number * step,
                actor=("policy", "cli:dana", "claim-audit", f"user-{number % 40}")[number % 4],
                action=("update", "claim.settled", "appointment.booked", "drift.reverted")[number % 4],
                subject=_mixed("apt", number % years.appointments),
                details={"calendar": _mixed("cal", number % years.providers), "number": number},
            )
            digest = link_hash(number, record, head["hash"])
            stored = asdict(record) | {"details": Canonical(record.details)}
            yield stored | {"number": number, "previous": head["hash"], "hash": digest}
            head.update(number=number, hash=digest)

    yield tables.audit, rows()
    yield tables.audit_head, iter([head])


def _work(years: Years) -> Iterator[Row]:
    unit = partial(_unit, years)
    for number in range(years.providers):
        due = years.now + timedelta(seconds=number - years.providers // 2)
        yield unit("calendar", _mixed("cal", number), due, queue=f"dav{number % 5}.example.net")
    for number in _latest(years, years.claims):
        end = _start(years, number) + timedelta(minutes=50)
        yield unit("claim", _mixed("clm", number), end if end > years.now else None)
    for number in range(years.messages - years.messages // 20, years.messages):
        yield unit("message", _mixed("msg", number), years.now if number >= years.messages - 20 else None)
    yield unit("prune", "all", years.now + timedelta(hours=3))


def _unit(years: Years, kind: str, subject: str, due: datetime | None, *, queue: str = "") -> Row:
    done = years.now - timedelta(days=3)
    return {
        "kind": kind,
        "subject": subject,
        "queue": queue,
        "due_at": due,
        "attempts": 0,
        "last_tried_at": done,
        "last_success_at": done,
        "token": 1,
        "pokes": 1,
    }


_USER: Mapping[str, Any] = {
    "id": "usr-1",
    "name": "Ana Admin",
    "email": "ana@example.com",
    "email_key": "ana@example.com",
    "role": "admin",
    "active": True,
}


def _sessions(years: Years) -> Iterator[Row]:
    for number in range(1000):
        at = years.now - timedelta(days=number)
        times = {"started_at": at, "seen_at": at, "proved_at": at}
        yield {"id": _mixed("ses", number), "user_id": "usr-1", **times, "address": "127.0.0.1", "agent": "x"}
