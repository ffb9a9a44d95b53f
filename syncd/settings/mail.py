"""The settings of mail: how it leaves, and what is believed of what comes in."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, SecretStr

from syncd.settings.places import Folder, FolderToBe, ReadableFile
from syncd.settings.values import Seconds, Section, ServiceName

if TYPE_CHECKING:  # rules that only some commands need: what makes them imports them
    from syncd.core.inbound.authentication import Border


class MailSection(Section):
    """Where outgoing mail goes, and how it reads."""

    transport: Literal["files", "smtp"] = Field(default="files", description="files in a folder, or a mail server")
    folder: FolderToBe = Field(default=Path("./var/mail"), description="folder that gets each message as .eml")
    host: str = Field(default="localhost", min_length=1, description="the mail server")
    port: int = Field(default=587, ge=1, le=65535, description="its port")
    security: Literal["starttls", "tls", "none"] = Field(default="starttls", description="how it is spoken to")
    username: str = Field(default="", description="login, empty: none is needed")
    password: SecretStr | None = Field(default=None, description="its password; better given as a variable")
    timeout: Seconds = Field(default=30, description="seconds that one step may take, connecting included")
    ca_file: ReadableFile | None = Field(
        default=None, description="certificates of a private authority (PEM), besides the usual ones"
    )
    connections: int = Field(default=2, ge=1, le=32, description="messages that are sent at the same time")
    most_per_hour: int = Field(default=1000, ge=1, description="messages that may leave in an hour; others wait")
    templates: Folder | None = Field(default=None, description="folder of templates that replace the shipped ones")
    authserv_id: ServiceName = Field(
        default="",
        description="whose Authentication-Results are believed of mail that comes in; empty: no answer is believed",
    )
    authserv_hops: int = Field(
        default=0, ge=0, le=20, description="Received fields of the own servers above them, LMTP not counted"
    )

    @property
    def reads_answers(self) -> bool:
        """Tell whether answers to invitations are read: then invitations ask for them."""
        return bool(self.authserv_id)

    def border(self) -> "Border":
        """Return whose results are believed."""
        from syncd.core.inbound.authentication import Border

        return Border(self.authserv_id, self.authserv_hops)
