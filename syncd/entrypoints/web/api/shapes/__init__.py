"""What the API takes and gives, one module a subject: the documents of ``presentation``, described for OpenAPI.

Answers are those documents themselves; the tests hold them against these shapes.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """A document. All that is in it is described."""

    model_config = ConfigDict(extra="forbid")


def example(**values: Any) -> ConfigDict:
    """Return the configuration of a shape that shows itself by an example."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [values]})


def changes_example(**values: Any) -> ConfigDict:
    """Return the same for a shape of which at least one value has to be given."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [values], "minProperties": 1})


MomentText = Annotated[str, Field(description="ISO 8601 with its offset", examples=["2026-12-01T10:00:00-05:00"])]
DateText = Annotated[str, Field(examples=["2026-12-01"])]
Next = Annotated[str | None, Field(description="where the list goes on (`after`); null at its end")]
AppointmentId = Annotated[str, Field(examples=["apt-7m2k9qf3x1"])]
ProviderId = Annotated[str, Field(examples=["prv-4h8d2n6c1w"])]
ClientId = Annotated[str, Field(examples=["cli-9b3t5r7k2m"])]
CalendarId = Annotated[str, Field(examples=["cal-2f6j8p1v4x"])]
DriftId = Annotated[str, Field(examples=["drift-5s1g7z3q9d"])]
ClaimId = Annotated[str, Field(examples=["clm-8w2y4u6e1a"])]


class Problem(BaseModel):
    """Problem details (RFC 9457). ``code`` is the command line's word for the error; scripts go by it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Conflict",
                    "status": 409,
                    "detail": "The provider has another appointment at that time.",
                    "code": "overlap",
                    "details": {},
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    code: str
    details: dict[str, Any] = Field(default_factory=dict)
