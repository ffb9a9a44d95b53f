"""How routes answer: documents as the command line prints them, parts of lists, and versions as ETags (RFC 9110)."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Query
from fastapi.responses import JSONResponse, Response

from syncd.core.errors import ConflictError
from syncd.entrypoints.web.api.failures import PreconditionNeededError
from syncd.entrypoints.web.api.values import Flag, Paged
from syncd.ports.store.lists import Found, Part

Row = TypeVar("Row")

_TAG = re.compile(r'"(\d{1,9})"')
_ANY = "*"


def shown(
    document: Mapping[str, Any], status: int = 200, *, version: int | None = None, location: str | None = None
) -> Response:
    """Return a document as an answer, with its version as ETag where it has one."""
    headers = {"ETag": f'"{version}"'} if version is not None else {}
    if location is not None:
        headers["Location"] = location
    return JSONResponse(document, status, headers)


def part_of(asked: Paged, sort: str = "") -> Part:
    """Return which part of a list is asked for."""
    return Part(sort=sort, size=asked.limit, cursor=asked.after, counted=False)


def listed(key: str, found: Found[Row], document: Callable[[Row], Mapping[str, Any]]) -> Response:
    """Return a part of a list, with the place where it goes on."""
    return shown({key: [document(row) for row in found.rows], "next": found.next})


def listed_rows(key: str, rows: Sequence[Mapping[str, Any]], following: str | None) -> Response:
    """Return a part of a list whose documents are made already."""
    return shown({key: list(rows), "next": following})


_VERSIONS = r'^(\*|"\d{1,9}"(, ?"\d{1,9}")*)$'
NEEDED = "x-needed"
"""Marks a header without which a request is refused by a status of its own; `description` reads it."""


def _if_match(**more: Any) -> Any:
    return Header(
        alias="If-Match",
        pattern=_VERSIONS,
        description="The ETag of what you looked at; * for whichever version it is.",
        examples=['"3"'],
        **more,
    )


def _required(
    if_match: Annotated[str | None, _if_match(json_schema_extra={NEEDED: True})] = None,
) -> frozenset[int] | None:
    if if_match is None:
        raise PreconditionNeededError
    return _versions(if_match)


def _optional(if_match: Annotated[str | None, _if_match()] = None) -> frozenset[int] | None:
    return None if if_match is None else _versions(if_match)


def _versions(text: str) -> frozenset[int] | None:
    """Return the versions that a request may meet; None: any."""
    return None if text.strip() == _ANY else frozenset(map(int, _TAG.findall(text)))


Expected = Annotated[frozenset[int] | None, Depends(_required)]
"""The versions that may be changed, which must be said; None: whichever it is."""
MaybeExpected = Annotated[frozenset[int] | None, Depends(_optional)]
"""The same, where it may be left out."""


def meeting(expected: frozenset[int] | None, version: int) -> int | None:
    """Return the version to be checked when the change is written; None: whichever it is.

    Raises `ConflictError` where the one that is there now is none of those that were said.
    """
    if expected is None:
        return None
    if version not in expected:
        raise ConflictError(f'It has changed since you looked at it: its ETag is now "{version}".', version=version)
    return version


DryRun = Annotated[Flag, Query(description="Change nothing; show what would be done.")]
