"""Providers, clients, users, and the tokens that users gave to programs."""

from typing import TYPE_CHECKING, Any

from syncd.presentation.documents.moments import exact

if TYPE_CHECKING:
    from syncd.core.access.accounts import ApiToken, User
    from syncd.core.scheduling.people import Client, Provider
    from syncd.services.scheduling.hours import WorkingTimes


def person_document(person: "Provider | Client") -> dict[str, Any]:
    """Return a provider or a client."""
    from syncd.core.scheduling.people import Provider

    return provider_document(person) if isinstance(person, Provider) else client_document(person)


def provider_document(provider: "Provider") -> dict[str, Any]:
    """Return a provider."""
    from syncd.core.scheduling.money import written

    return {
        "id": provider.id,
        "name": provider.name,
        "email": provider.email,
        "timezone": provider.timezone,
        "booking_url": provider.booking_url,
        "late_notice_hours": provider.late_notice_hours,
        "late_fee": written(provider.late_fee) if provider.late_fee else None,
        "active": provider.active,
        "language": provider.language,
    }


def hours_document(known: "WorkingTimes") -> dict[str, Any]:
    """Return when a provider works; moments of time off are in their own zone."""
    from syncd.core.scheduling.hours import written_hours
    from syncd.core.times import zone

    tz = zone(known.provider.timezone)
    return {
        "provider": known.provider.id,
        "timezone": known.provider.timezone,
        "hours": written_hours(known.week),
        "own": known.is_own,
        "time_off": [
            {"id": off.id, "start": off.start.astimezone(tz).isoformat(), "end": off.end.astimezone(tz).isoformat()}
            for off in known.off
        ],
    }


def client_document(client: "Client") -> dict[str, Any]:
    """Return a client."""
    return {
        "id": client.id,
        "name": client.name,
        "email": client.email,
        "timezone": client.timezone,
        "active": client.active,
        "language": client.language,
    }


def user_document(user: "User") -> dict[str, Any]:
    """Return a user; neither a password nor a link is in it."""
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "role": str(user.role),
        "provider": user.provider_id,
        "active": user.active,
        "has_password": user.password_hash is not None,
        "last_seen_at": exact(user.last_seen_at),
    }


def token_document(token: "ApiToken", user: "User") -> dict[str, Any]:
    """Return a token of a user's, without its secret."""
    moments = {"created_at": token.created_at, "expires_at": token.expires_at}
    maybe = {"revoked_at": token.revoked_at, "used_at": token.used_at}
    return {
        "id": token.id,
        "user": user.email,
        "scope": str(token.scope),
        "last4": token.last4,
        "note": token.note,
        **{name: exact(moment) for name, moment in (moments | maybe).items()},
    }
