"""Reports about mails that were sent: failed deliveries (RFC 3464, RFC 6522), and what older servers write instead."""

from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

from syncd.core.inbound.letters import Failure, Report

_MOST_GROUPS = 100
_DEEPEST = 8
_RETURNED = frozenset({"message/rfc822", "message/global"})
_HEADS = frozenset({"text/rfc822-headers", "message/rfc822-headers", "message/global-headers", "text/global-headers"})


def report_of(mail: Message) -> Report | None:
    """Return the report that a mail is, None where it is none."""
    if mail.get_content_type() == "multipart/report":
        return _report(mail)
    failed = mail.get("X-Failed-Recipients")  # Exim and Google write it beside words for people
    if failed is None:
        return None
    named = tuple(address.strip().strip("<>").casefold() for address in str(failed).split(","))
    return Report(is_delivery=True, failures=(Failure(named, "failed", ""),))


def _report(mail: Message) -> Report:
    kind = str(mail.get_param("report-type", "")).lower()
    status = [one for one in _children(mail) if one.get_content_type().endswith("delivery-status")]
    if kind not in {"delivery-status", ""} or not status:
        return Report(is_delivery=False)
    failures = tuple(failure for part in status for failure in _failures(part))
    returned = next(iter(_given_back(mail)), None)
    if returned is None:
        return Report(is_delivery=True, failures=failures)
    calendar = next((part for part in _deep(returned, 0) if part.get_content_type() == "text/calendar"), None)
    held = calendar.get_payload(decode=True) if calendar is not None else None
    return Report(
        is_delivery=True,
        failures=failures,
        returned_id=str(returned.get("Message-ID", "")).strip().strip("<>"),
        returned_calendar=held if isinstance(held, bytes) else None,
    )


def _failures(part: Message) -> Iterator[Failure]:
    """Yield what a report says of each recipient; the first group is about the mail itself."""
    groups = part.get_payload()
    for group in groups[:_MOST_GROUPS] if isinstance(groups, list) else ():
        if not isinstance(group, Message):
            continue
        named = [_address(str(group[name])) for name in ("Original-Recipient", "Final-Recipient") if name in group]
        if named:
            action, status = (str(group.get(name, "")).split(";")[0].strip() for name in ("Action", "Status"))
            yield Failure(tuple(dict.fromkeys(named)), action.lower(), status.partition(" ")[0])


def _address(value: str) -> str:
    """Return the address in a typed field: ``rfc822; pat@example.com``."""
    return value.rpartition(";")[2].strip().strip("<>").strip().casefold()


def _given_back(mail: Message) -> Iterator[Message]:
    """Yield the mails, or their heads, that a report gives back."""
    for part in _children(mail):
        kind, held = part.get_content_type(), part.get_payload()
        if kind in _RETURNED or (kind in _HEADS and isinstance(held, list)):
            yield from (one for one in held if isinstance(one, Message)) if isinstance(held, list) else ()
        elif kind in _HEADS:
            octets = part.get_payload(decode=True)
            yield message_from_bytes(octets if isinstance(octets, bytes) else b"", policy=compat32)


def _children(mail: Message) -> list[Message]:
    held = mail.get_payload()
    return [one for one in held if isinstance(one, Message)] if isinstance(held, list) else []


def _deep(part: Message, depth: int) -> Iterator[Message]:
    yield part
    if depth < _DEEPEST:
        for one in _children(part):
            yield from _deep(one, depth + 1)
