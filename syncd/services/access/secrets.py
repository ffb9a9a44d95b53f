"""Secrets that are handed out once and known by their hash afterwards."""

import hashlib
import secrets

_BYTES = 32


def new_secret() -> str:
    """Return 256 random bits as text that fits into an address or a cookie."""
    return secrets.token_urlsafe(_BYTES)


def digest_of(secret: str) -> str:
    """Return the hash under which a secret is known. The secrets are random, so a fast hash without salt is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
