"""Mail over SMTP (RFC 5321): connections that are kept for a while, and replies that say what to do next."""

from syncd.adapters.smtp.mailer import SmtpAccount, SmtpMailer

__all__ = ["SmtpAccount", "SmtpMailer"]
