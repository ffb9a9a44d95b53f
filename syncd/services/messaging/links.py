"""Following and revoking the links in mails."""

from datetime import datetime

from syncd.core.access.permissions import Permission, require
from syncd.core.access.principal import Principal
from syncd.core.audit.record import AuditRecord
from syncd.core.messaging.links import Purpose, SignedLink, check_not_revoked, read
from syncd.ports.store.transaction import Store, Transaction


def follow(tx: Transaction, token: str, purpose: Purpose, key: bytes, now: datetime) -> SignedLink:
    """Return what a link lets its holder do. Raises `LinkError` unless it is ours, for that purpose, and in force."""
    link = read(token, key, purpose, now)
    check_not_revoked(link, tx.links.revoked_until(link.appointment_id))
    return link


def revoke(store: Store, appointment_id: str, by: Principal, now: datetime) -> None:
    """Make every link about an appointment void that was issued until now. Raises `NotFoundError`."""
    require(by, Permission.MANAGE_MESSAGES)
    with store.transaction() as tx:
        one = tx.appointments.get(appointment_id)
        tx.links.revoke(one.id, now)
        tx.audit.append([AuditRecord(at=now, actor=by.name, action="links.revoked", subject=one.id)])
