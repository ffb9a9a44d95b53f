"""What requests hold: values that are read strictly, so that what is misspelt is refused and never a silent default."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Self

from fastapi import Path
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    WithJsonSchema,
    model_validator,
)

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
"""What no text may hold that is kept or mailed."""

_DAY = r"(?:19[7-9]\d|20\d\d|21\d\d)-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?"
_OFFSET = r"(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)"
_MOMENT = re.compile(f"{_DAY}T{_CLOCK}{_OFFSET}?")


class Given(BaseModel):
    """What is sent. What is not known is refused, and so is a text with control characters."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_max_length=10_000)

    @model_validator(mode="before")
    @classmethod
    def _check_texts(cls, given: Any) -> Any:
        if isinstance(given, Mapping):
            for name, value in given.items():
                _check_text(name, value)
        return given


class Changes(Given):
    """What is to change of something. What is left out stays; something has to be said."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("give what is to change")
        return self

    def given(self) -> dict[str, Any]:
        """Return what was given and is not null, by name."""
        return {name: value for name, value in self if name in self.model_fields_set and value is not None}

    def cleared(self) -> list[str]:
        """Return what was given as null: it is to be taken away."""
        return [name for name, value in self if name in self.model_fields_set and value is None]


def _check_text(name: object, value: object) -> None:
    for text in value if isinstance(value, list) else [value]:
        if isinstance(text, str) and _FORBIDDEN.search(text):
            raise ValueError(f"{name} holds a control character")


def _moment(value: object) -> object:
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError("give a time such as 2026-12-01T10:00, or with an offset 2026-12-01T10:00-05:00")
    return datetime.fromisoformat(value)


def _day(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(_DAY, value):
        raise ValueError("give a date such as 2026-12-01")
    return date.fromisoformat(value)


def _bound(value: object) -> object:
    """Return the moment at which a list begins or ends: UTC where it has no offset, midnight where it is a date."""
    if isinstance(value, str) and re.fullmatch(_DAY, value):
        return datetime.combine(date.fromisoformat(value), datetime.min.time(), UTC)
    given = _moment(value)
    return given.replace(tzinfo=given.tzinfo or UTC) if isinstance(given, datetime) else given


def _whole(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"-?\d{1,9}", value):
        raise ValueError("give a whole number")
    return value


def _flag(value: object) -> object:
    if isinstance(value, str) and value not in {"true", "false"}:
        raise ValueError("give true or false")
    return value


def _like(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$", "examples": [example]})


Moment = Annotated[datetime, BeforeValidator(_moment), _like(_MOMENT.pattern, "2026-12-01T10:00")]
"""A time; naive where it has no offset, which is then read in the zone of what it is about."""
Day = Annotated[date, BeforeValidator(_day), _like(_DAY, "2026-12-01")]
Bound = Annotated[datetime, BeforeValidator(_bound), _like(f"(?:{_DAY}|{_MOMENT.pattern})", "2026-12-01")]
"""Where a list begins or ends: a date or a time, UTC where it has no offset."""
Whole = Annotated[int, BeforeValidator(_whole)]
"""A whole number in an address."""
Flag = Annotated[bool, BeforeValidator(_flag)]
"""True or false in an address."""
Number = Annotated[int, Strict()]
Truth = Annotated[bool, Strict()]
LEFT_OUT: Any = None
"""The default of what may be left out, and not be null."""

ID = Annotated[str, Path(pattern=r"^[a-z]{2,8}-[0-9a-z]{1,40}$", examples=["apt-7m2k9qf3x1"])]
_REF = r"^[!-.0-~]([ -.0-~]*[!-.0-~])?$"
REF = Annotated[str, Path(min_length=1, max_length=320, pattern=_REF, examples=["dana@example.com"])]
"""An id, or an e-mail address for people."""

Text = Annotated[str, Field(max_length=200)]
Note = Annotated[str, Field(max_length=2000)]
Ref = Annotated[str, Field(min_length=1, max_length=320, examples=["dana@example.com"])]


class Paged(Given):
    """Which part of a list: so many entries, after the place that the part before named as ``next``."""

    limit: Annotated[Whole, Field(ge=1, le=100, description="at most so many entries")] = 50
    after: Annotated[str | None, Field(max_length=500, description="`next` of the part before")] = None
