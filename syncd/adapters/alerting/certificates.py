"""When servers' certificates expire: a handshake in which nothing is sent and nothing is believed."""

import smtplib
import ssl
from contextlib import closing

import structlog
from cryptography import x509

from syncd.adapters.alerting.deadline import cut_after
from syncd.adapters.alerting.guarded import connected
from syncd.core.access.networks import OPEN, ForbiddenAddressError, Guard
from syncd.ports.alerting import Endpoint, Validity

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


_READY = 220
"""What a mail server answers to STARTTLS (RFC 3207 section 4)."""


class TlsCertificates:
    """See `syncd.ports.alerting.Certificates`. ``timeout``: seconds that a look may take; ``guard``: where to."""

    def __init__(self, timeout: float = 10.0, guard: Guard = OPEN) -> None:
        """Connect to nothing yet."""
        self._timeout = timeout
        self._guard = guard

    def validity(self, endpoint: Endpoint) -> Validity | None:
        """Return for when a server's certificate is; None where it shows none, or cannot be reached from here."""
        try:
            shown = self._after_starttls(endpoint) if endpoint.starttls else self._at_once(endpoint)
            if not shown:
                return None
            certificate = x509.load_der_x509_certificate(shown)
            return Validity(certificate.not_valid_before_utc, certificate.not_valid_after_utc)
        except (OSError, ValueError, smtplib.SMTPException, ForbiddenAddressError) as error:
            log.debug("a certificate cannot be seen", host=endpoint.host, error=type(error).__name__)
            return None

    def _at_once(self, endpoint: Endpoint) -> bytes | None:
        with (
            connected(self._guard, (endpoint.host, endpoint.port), self._timeout) as plain,
            cut_after(self._timeout, lambda: plain),
            _looking().wrap_socket(plain, server_hostname=endpoint.host) as secure,
        ):
            return secure.getpeercert(binary_form=True)

    def _after_starttls(self, endpoint: Endpoint) -> bytes | None:
        session = smtplib.SMTP(timeout=self._timeout)
        with closing(session), cut_after(self._timeout, lambda: session.sock):
            session.connect(endpoint.host, endpoint.port)
            session.ehlo_or_helo_if_needed()
            if session.sock is None or session.docmd("STARTTLS")[0] != _READY:
                return None
            with _looking().wrap_socket(session.sock, server_hostname=endpoint.host) as secure:
                return secure.getpeercert(binary_form=True)


def _looking() -> ssl.SSLContext:
    """Return a context that only looks: an expired certificate, or one of a private authority, is to be seen too."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
