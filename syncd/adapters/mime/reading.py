"""From the octets of a mail to what it holds for syncd (RFC 5322, 2045, 6047, 6522).

Mails come from anybody: every size, depth and number is bounded before anything is parsed, and whatever the parser
fails on is a mail that cannot be read.
"""

import hashlib
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from email.policy import compat32, default

from syncd.adapters.mime.reports import report_of
from syncd.core.inbound.authentication import RECEIVED, RESULTS
from syncd.core.inbound.letters import CalendarPart, Field, Letter

MOST_BYTES = 2 * 1024 * 1024
"""A longer mail is read by its head alone: no answer is so long, nor a report about one of our mails."""
_DEEPEST = 8
_MOST_PARTS = 100
_MOST_FIELDS = 500
_MOST_IDS = 50
_MAILBOX_LINE = re.compile(rb"\A>?From [^\n]*\n")
_HEAD_ENDS = re.compile(rb"\r?\n\r?\n|\r\r")
_ID = re.compile(r"<([^<>\s]{1,300})>")
_CALENDARS = frozenset({"text/calendar", "application/ics"})
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_SIGNS_OF_PROGRAMS = ("List-Id", "X-Autoreply", "X-Autorespond")


class MimeReader:
    """Takes mails apart (`syncd.ports.inbound.LetterReader`)."""

    def read(self, raw: bytes, size: int | None = None) -> Letter:
        """Return what stands in a mail; whatever it is, this does not raise."""
        octets = _MAILBOX_LINE.sub(b"", raw, count=1)
        whole = len(raw) if size is None else size
        digest = hashlib.sha256(octets.replace(b"\r\n", b"\n").rstrip()).hexdigest()
        try:
            if whole > min(MOST_BYTES, len(raw)) or len(raw) > MOST_BYTES:
                return _letter(_head(octets), octets, whole, trouble="too large")
            return _letter(message_from_bytes(octets, policy=compat32), octets, whole)
        except (MessageError, ValueError, LookupError, RecursionError, TypeError, AttributeError, AssertionError):
            return Letter(digest=digest, size=whole, trouble="unreadable")  # the parser's own faults are many


def _head(octets: bytes) -> Message:
    found = _HEAD_ENDS.search(octets[: 1 << 18])
    return message_from_bytes(octets[: found.end() if found else 1 << 18], policy=compat32)


def _letter(mail: Message, octets: bytes, size: int, trouble: str = "") -> Letter:
    if len(mail) > _MOST_FIELDS:
        trouble = "too large"
    about = _ids(mail, "In-Reply-To", "References", "X-Original-Message-ID")
    report = report_of(mail) if not trouble else None
    parts, has_tnef, is_too_deep = ((), False, False) if trouble or report else _contents(mail)
    path = _return_path(mail)
    return Letter(
        digest=_digest(mail, octets, is_whole=not trouble),
        size=size,
        message_id=next(iter(_ids(mail, "Message-ID")), ""),
        senders=_senders(mail),
        return_path=path,
        trace=_trace(mail),
        refers_to=about,
        parts=parts,
        report=report,
        is_automatic=path == "" or _is_automatic(mail),
        has_tnef=has_tnef,
        trouble="too large" if is_too_deep else trouble,
    )


def _digest(mail: Message, octets: bytes, *, is_whole: bool) -> str:
    """Return what two copies have in common that took different ways: their servers' fields and line ends differ."""
    found = _HEAD_ENDS.search(octets) if is_whole else None
    body = octets[found.end() :] if found else b""
    named = [" ".join(str(mail.get(name, "")).split()) for name in ("Message-ID", "From", "Date", "Subject")]
    told = "\n".join(named).encode("utf-8", "surrogateescape")
    return hashlib.sha256(told + b"\0" + body.replace(b"\r\n", b"\n").rstrip()).hexdigest()


def _senders(mail: Message) -> tuple[str, ...]:
    """Return every mailbox that the mail says it is from; one field that cannot be read makes it from nobody."""
    found: list[str] = []
    for value in mail.get_all("From", ()):
        try:
            field = default.header_factory("From", " ".join(str(value).split()))
            found += [address.addr_spec.casefold() for address in field.addresses]
        except (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return ()
    return tuple(found) if all("@" in one and one.isprintable() for one in found) else ()


def _trace(mail: Message) -> tuple[Field, ...]:
    wanted = {RECEIVED, RESULTS}
    return tuple(Field(name.lower(), str(value)) for name, value in mail.items() if name.lower() in wanted)


def _ids(mail: Message, *names: str) -> tuple[str, ...]:
    found = [one for name in names for value in mail.get_all(name, ()) for one in _ID.findall(str(value))]
    return tuple(dict.fromkeys(found))[:_MOST_IDS]


def _return_path(mail: Message) -> str | None:
    value = mail.get("Return-Path")
    return None if value is None else str(value).strip().strip("<>").strip().casefold()


def _is_automatic(mail: Message) -> bool:
    """Tell whether a mail says of itself that a program wrote it (RFC 3834 section 5, and what came before it)."""
    submitted = str(mail.get("Auto-Submitted", "no")).partition(";")[0].partition("(")[0].strip().lower()
    is_bulk = str(mail.get("Precedence", "")).strip().lower() in _BULK
    return submitted not in {"no", ""} or is_bulk or any(name in mail for name in _SIGNS_OF_PROGRAMS)


def _contents(mail: Message) -> tuple[tuple[CalendarPart, ...], bool, bool]:
    """Return the calendar objects, whether there is a winmail.dat, and whether it is nested too deeply."""
    parts: list[CalendarPart] = []
    has_tnef = False
    for number, (part, depth) in enumerate(_walk(mail, 0), start=1):
        if depth > _DEEPEST or number > _MOST_PARTS:
            return (), False, True
        kind, name = part.get_content_type(), (part.get_filename() or "").lower()
        has_tnef = has_tnef or kind == "application/ms-tnef" or name == "winmail.dat"
        if kind in _CALENDARS or (name.endswith(".ics") and not part.is_multipart()):
            parts.append(calendar_part(part))
    return tuple(parts), has_tnef, False


def _walk(part: Message, depth: int) -> Iterator[tuple[Message, int]]:
    """Yield the parts that are for this mail's reader: a mail within it is somebody else's, and is not entered."""
    yield part, depth
    held = part.get_payload()
    if part.get_content_maintype() == "multipart" and isinstance(held, list) and depth <= _DEEPEST:
        for one in held:
            if isinstance(one, Message):
                yield from _walk(one, depth + 1)


def calendar_part(part: Message) -> CalendarPart:
    """Return a part as a calendar object in UTF-8, whatever it was written in."""
    held = part.get_payload(decode=True)
    octets = held if isinstance(held, bytes) else b""
    method = part.get_param("method", "", unquote=True)
    return CalendarPart(_in_utf8(octets, part), method.strip().upper() if isinstance(method, str) else "")


def _in_utf8(octets: bytes, part: Message) -> bytes:
    try:
        octets.decode()
    except UnicodeDecodeError:
        pass
    else:
        return octets
    try:
        return octets.decode(part.get_content_charset("latin-1"), "replace").encode()
    except LookupError:
        return octets.decode("latin-1").encode()
