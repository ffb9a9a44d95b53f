"""Mail as files: one .eml for each message, in a folder that another program, or a person, empties."""

import errno
import os
from contextlib import suppress
from pathlib import Path

from syncd.ports.mail import Envelope, MailUnavailableError


class FileMailer:
    """Writes mails into ``folder``. A mail that is sent again takes the place of the same file."""

    def __init__(self, folder: Path) -> None:
        """Write nothing yet."""
        self._folder = folder

    def send(self, envelope: Envelope) -> None:
        """Write one mail, whole or not at all; for its owner's eyes only."""
        unfinished = self._folder / f".{envelope.id}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(envelope.content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(self._folder / f"{envelope.id}.eml")
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink()
            raise self._unavailable(error) from error

    def probe(self) -> str:
        """Say whether files can be written to the folder, or to the one in which it will be made. Writes nothing."""
        places = [self._folder, *self._folder.absolute().parents]
        if not os.access(next(place for place in places if place.exists()), os.W_OK | os.X_OK):
            raise self._unavailable(PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
        return f"Mails are written to {self._folder}."

    def close(self) -> None:
        """Nothing is open."""

    def _unavailable(self, error: OSError) -> MailUnavailableError:
        return MailUnavailableError(
            f"{self._folder} cannot be written to ({error.strerror}). Give syncd's user the right to, or name another "
            "folder in mail.folder."
        )
