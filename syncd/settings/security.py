"""The settings of security."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field, SecretStr

from syncd.core.errors import InvalidValueError
from syncd.settings.places import FileToBe
from syncd.settings.values import Section

if TYPE_CHECKING:  # rules that only some commands need: what makes them imports them
    from syncd.core.access.networks import Guard


def _checked(text: str) -> str:
    from syncd.core.access.networks import guard_of

    try:
        guard_of((text,))
    except InvalidValueError as error:
        raise ValueError(error.message) from error
    return text


NetworkText = Annotated[str, AfterValidator(_checked)]
"""A network such as 10.1.0.0/16, one address, or a host name."""


class SecuritySection(Section):
    """The key that seals the passwords of calendars at rest, and where addresses that people enter may lead."""

    key: SecretStr | None = Field(
        default=None, description="the key itself; better given as a file or a systemd credential"
    )
    key_file: FileToBe = Field(
        default=Path("./var/secret.key"), description="file that holds the key; `syncd init` makes it"
    )
    allow_private_addresses: bool = Field(
        default=False, description="whether addresses that are entered on pages or by the API may lead anywhere"
    )
    allowed_networks: tuple[NetworkText, ...] = Field(
        default=(), description="networks and host names to which they may lead: 10.1.0.0/16, cal.example.internal"
    )

    def guard(self) -> "Guard":
        """Return it as what opens addresses takes it."""
        from syncd.core.access.networks import guard_of

        return guard_of(self.allowed_networks, allows_all=self.allow_private_addresses)
