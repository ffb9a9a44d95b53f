"""Mails as programs write them, with defaults."""

from email.message import EmailMessage
from email.policy import SMTP
from itertools import count

SERVER = "mx.practice.example"
"""By which name the practice's mail server marks what it found."""

_numbers = count(1)
_BORDER = "from out.example.net (out.example.net [203.0.113.9])\r\n\tby mx.practice.example with ESMTPS id 1"


def vevent(uid: str, attendee: str, partstat: str = "DECLINED", *more: str, sequence: int = 0, stamp: str = "") -> str:
    lines = [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{stamp or '20261123T130000Z'}",
        f"SEQUENCE:{sequence}",
        f"ATTENDEE;PARTSTAT={partstat}:mailto:{attendee}",
        *more,
        "END:VEVENT",
    ]
    return "\r\n".join(lines)


def calendar(method: str, *events: str) -> bytes:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", f"METHOD:{method}", *events, "END:VCALENDAR", ""]).encode()


def signed(sender: str, result: str = "pass", server: str = SERVER) -> str:
    domain = sender.rpartition("@")[2]
    return f"Authentication-Results: {server}; dmarc={result} header.from={domain}\r\n"


def a_mail(
    sender: str,
    body: bytes | None = None,
    *,
    method: str = "REPLY",
    above: str | None = None,
    below: str = "",
    text: str = "",
    copy: bytes | None = None,
    **headers: str,
) -> bytes:
    """Return a mail as a server delivers it: what it found ``above`` its border, what the sender wrote ``below``."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = "office@example.com"
    mail["Subject"] = "Re: your appointment"
    mail["Date"] = "Mon, 23 Nov 2026 13:00:00 +0000"
    mail["Message-ID"] = f"<{next(_numbers)}@{sender.rpartition('@')[2]}>"
    for word, value in headers.items():
        name = word.replace("_", "-")
        del mail[name]
        mail[name] = value
    mail.set_content(text or "See the attachment.")
    if body is not None:
        mail.add_alternative(body, "text", "calendar", params={"method": method, "charset": "UTF-8"})
        mail.add_attachment(copy or body, "application", "ics", filename="invite.ics")
    own = signed(sender) if above is None else above
    return f"Return-Path: <{sender}>\r\n{own}Received: {_BORDER}\r\n{below}".encode() + mail.as_bytes()


def an_answer(
    uid: str, sender: str, partstat: str = "DECLINED", *more: str, attendee: str = "", **told: object
) -> bytes:
    """Return a REPLY; ``sequence`` and ``stamp`` are its own, what else is told is the mail's."""
    own = {name: told.pop(name) for name in ("sequence", "stamp") if name in told}
    event = vevent(uid, attendee or sender, partstat, *more, **own)  # type: ignore[arg-type]
    return a_mail(sender, calendar("REPLY", event), **told)  # type: ignore[arg-type]


def a_bounce(
    message_id: str, recipient: str, *, action: str = "failed", path: str = "<>", status: str = "5.1.1"
) -> bytes:
    """Return a report as Postfix writes it (RFC 3464)."""
    return f"""Return-Path: {path}
Received: by mx.practice.example (Postfix)
From: MAILER-DAEMON@mx.practice.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: office@example.com
Auto-Submitted: auto-replied
Message-ID: <bounce-{next(_numbers)}@mx.practice.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.practice.example

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822;{recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 no such user

--B
Content-Type: message/rfc822

From: office@example.com
To: {recipient}
Message-ID: <{message_id}>
Subject: Your appointment

Hello
--B--
""".replace("\n", "\r\n").encode()
