"""The settings of the practice's mailbox, from which answers are fetched."""

from typing import Literal

from pydantic import Field, SecretStr

from syncd.settings.places import ReadableFile
from syncd.settings.values import Seconds, Section


class InboxSection(Section):
    """The mailbox to which answers and bounces come, read over IMAP. Nothing in it is deleted or marked as read."""

    host: str = Field(default="", description="the IMAP server; empty: no mailbox is read")
    port: int = Field(default=993, ge=1, le=65535, description="its port")
    security: Literal["tls", "starttls", "none"] = Field(default="tls", description="how it is spoken to")
    username: str = Field(default="", description="login")
    password: SecretStr | None = Field(default=None, description="its password; better given as a variable")
    mailbox: str = Field(default="INBOX", min_length=1, description="the mailbox that is read")
    interval: Seconds = Field(default=120, ge=5, le=3600, description="seconds between two looks, besides IDLE")
    idle: bool = Field(default=True, description="whether the server is to tell of new mail at once (RFC 2177)")
    done: str = Field(
        default="", description="mailbox into which mails go that were dealt with; empty: they are flagged"
    )
    aside: str = Field(default="", description="mailbox into which mails go that a person has to read; empty: flagged")
    timeout: Seconds = Field(default=30, description="seconds that one step may take, connecting included")
    ca_file: ReadableFile | None = Field(
        default=None, description="certificates of a private authority (PEM), besides the usual ones"
    )
