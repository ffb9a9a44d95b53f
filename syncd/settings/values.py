"""What settings hold: the types of their values, each with what it refuses and why, and what a section is."""

import re
from collections.abc import Callable
from datetime import time
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, WithJsonSchema

from syncd.core.errors import InvalidValueError, UnknownTimezoneError
from syncd.core.scheduling.addresses import checked_address, checked_name
from syncd.core.scheduling.languages import checked_language
from syncd.core.times import DayHours, zone
from syncd.settings.places import file_to_be

_SQLITE = "sqlite:///"
_CODE = re.compile(r"[a-z][a-z0-9_]*")


def _color(name: str) -> str:
    if not re.fullmatch(r"[a-z]{0,30}", name):
        raise ValueError("give a CSS colour by its name, such as steelblue")
    return name


def _database_url(url: str) -> str:
    if not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("give sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME")
    if url.startswith(_SQLITE):
        file_to_be(Path(url.removeprefix(_SQLITE).partition("?")[0]))
    elif url.partition("?")[0].count("@") > 1:
        raise ValueError("write the @ of a password as %40")
    return url


def _code(text: str) -> str:
    if not _CODE.fullmatch(text):
        raise ValueError("give a word of small letters, digits and _, such as provider_ill")
    return text


def _base_url(url: str) -> str:
    if url and not url.startswith(("https://", "http://")):
        raise ValueError("give an address such as https://syncd.example.com, or nothing")
    if "@" in url or not url.isprintable() or " " in url:
        raise ValueError("give an address without a login in it, such as https://syncd.example.com")
    return url


def _listen(text: str) -> str:
    host, _, port = text.rpartition(":")
    if text and not (host and port.isdecimal() and int(port) <= 65535):
        raise ValueError("give an address and a port such as 127.0.0.1:8470, or nothing")
    return text


def _worded(check: Callable[[str], str]) -> Callable[[str], str]:
    """Return ``check`` as a validator: what it refuses is said in its own words."""

    def validate(text: str) -> str:
        try:
            return check(text)
        except InvalidValueError as error:
            raise ValueError(error.message) from error

    return validate


def _day_hours(text: object) -> object:
    """Return the hours that a text such as 22:00-06:00 gives."""
    if not isinstance(text, str):
        return text
    start, _, end = text.partition("-")
    try:
        return DayHours(time.fromisoformat(start.strip()), time.fromisoformat(end.strip()))
    except ValueError as error:
        raise ValueError("give hours such as 22:00-06:00") from error


def _web_address(secret: SecretStr) -> SecretStr:
    url = secret.get_secret_value()
    place = urlsplit(url)
    if url and not (place.scheme in {"https", "http"} and place.hostname and url.isprintable() and " " not in url):
        raise ValueError("give an address such as https://alerts.example.com/syncd, or nothing")
    if "@" in place.netloc:
        raise ValueError("give an address without a login in it")
    return secret


def _zone(name: str) -> str:
    try:
        return zone(name).key
    except UnknownTimezoneError as error:
        raise ValueError(error.message) from error


Seconds = Annotated[float, Field(gt=0, le=86_400)]
Minutes = Annotated[float, Field(ge=0, le=1440)]
Hours = Annotated[float, Field(ge=0, le=24 * 365)]
ObjectiveMinutes = Annotated[int, Field(ge=1, le=60 * 24 * 366)]
QuietHours = Annotated[
    DayHours,
    BeforeValidator(_day_hours),
    WithJsonSchema({"type": "string", "pattern": r"^\d{2}:\d{2}-\d{2}:\d{2}$", "examples": ["22:00-06:00"]}),
]
Email = Annotated[str, AfterValidator(_worded(checked_address))]
Name = Annotated[str, AfterValidator(_worded(checked_name))]
Language = Annotated[str, AfterValidator(_worded(lambda tag: checked_language(tag) if tag else ""))]
Code = Annotated[str, AfterValidator(_code)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
ColorName = Annotated[str, AfterValidator(_color)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
Listen = Annotated[str, AfterValidator(_listen)]
WebAddress = Annotated[SecretStr, AfterValidator(_web_address)]
"""An address whose path is a secret: who knows it may use it. It is not shown."""
ZoneName = Annotated[str, AfterValidator(_zone)]


Days = Annotated[int, Field(ge=0, le=36_500)]
"""Days for which something is kept; 0: for good."""


def _service_name(text: str) -> str:
    if not all("!" <= char <= "~" and char != ";" for char in text):
        raise ValueError("give one word, such as mx.example.com")
    return text


ServiceName = Annotated[str, AfterValidator(_service_name)]
"""An authentication service, as RFC 8601 section 2.5 has it stand first in its field."""


class TogetherError(ValueError):
    """Settings that do not go together; ``setting`` is the one to be told of."""

    def __init__(self, setting: str, message: str) -> None:
        """Say of a setting what is wrong with it beside the others."""
        super().__init__(message)
        self.setting = setting


class Section(BaseModel):
    """A table of the configuration file. Unknown keys are errors: a misspelt setting must not be a silent default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def revealed(secret: SecretStr | None) -> str:
    """Return a secret's value, empty where there is none."""
    return secret.get_secret_value() if secret else ""
