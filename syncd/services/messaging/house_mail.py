"""Mails of syncd's own to people of the practice: reports and alerts. They carry no invitation."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from syncd.core.sync.publishing import Practice
from syncd.ports.mail import Envelope, Letter
from syncd.services.messaging.headers import WIRE


def house_mail(practice: Practice, letter: Letter, id_: str, recipient: str, at: datetime) -> Envelope:
    """Return the mail; made again it is the same bytes under the same Message-ID, by which a second copy is known."""
    mail = EmailMessage(policy=WIRE)
    mail["From"] = Address(practice.name, addr_spec=practice.email)
    mail["To"] = Address(addr_spec=recipient)
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{id_}@{practice.email.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notice in answer
    mail["Content-Language"] = "en"
    mail.set_content(letter.text, cte="quoted-printable")
    mail.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    mail.set_boundary(f"=_{id_}")
    return Envelope(id=id_, sender=practice.email, recipient=recipient, content=mail.as_bytes(policy=WIRE))
