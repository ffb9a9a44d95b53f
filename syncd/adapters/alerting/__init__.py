"""How alerts leave over HTTP, and what is seen of this machine and of servers' certificates. No rule of alerts here."""

from syncd.adapters.alerting.certificates import TlsCertificates
from syncd.adapters.alerting.http import HttpPing, HttpWebhook, signature
from syncd.adapters.alerting.machine import ThisMachine

__all__ = ["HttpPing", "HttpWebhook", "ThisMachine", "TlsCertificates", "signature"]
