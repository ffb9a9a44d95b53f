"""The practice's mailbox over IMAP4rev1 (RFC 3501): the only place that knows imapclient."""

from syncd.adapters.imap.mailbox import ImapAccount, ImapMailbox

__all__ = ["ImapAccount", "ImapMailbox"]
