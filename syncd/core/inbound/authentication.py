"""Whether a mail is from where it says: by the Authentication-Results of the practice's own server (RFC 8601).

Anybody can write such a field into a mail. The server's own stands above the Received line that the server wrote as it
took the mail in; what a sender forged stands below. Lines of a delivery by LMTP above it are the server's own as well.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from syncd.core.inbound.letters import Field

_LMTP = frozenset({"lmtp", "lmtps", "lmtpa", "lmtpsa"})
RESULTS, RECEIVED = "authentication-results", "received"


class Belief(StrEnum):
    """Whether a mail is believed. ``unconfigured``: nobody said whose results count."""

    BELIEVED = "believed"
    REFUSED = "refused"
    UNCONFIGURED = "unconfigured"


@dataclass(frozen=True, slots=True)
class Border:
    """Whose results are believed. ``hops``: how many Received lines the own servers write above their result."""

    authserv_id: str = ""
    hops: int = 0


class Result(NamedTuple):
    """One result: ``method`` and ``value`` in lower case, and what it is about, such as header.from."""

    method: str
    value: str
    properties: dict[str, str]


def belief(trace: Sequence[Field], sender: str, border: Border) -> Belief:
    """Tell whether what is from ``sender`` is believed.

    ``dmarc=pass`` for the sender's domain; where there is no DMARC, a DKIM signature or SPF of that domain or of one
    above it. A method that says two things says no.
    """
    if not border.authserv_id:
        return Belief.UNCONFIGURED
    results = [one for text in _own_fields(trace, border) for one in parsed(text)[1]]
    domain = sender.rpartition("@")[2].casefold()
    dmarc = {one.value for one in results if one.method == "dmarc"}
    if dmarc - {"none"}:
        about = {one.properties.get("header.from", "").casefold() for one in results if one.method == "dmarc"}
        passed = dmarc == {"pass"} and about == {domain}
    else:
        passed = _aligned(results, "dkim", ("header.d", "header.i"), domain) or _aligned(
            results, "spf", ("smtp.mailfrom",), domain
        )
    return Belief.BELIEVED if passed and domain else Belief.REFUSED


def _own_fields(trace: Iterable[Field], border: Border) -> Iterator[str]:
    """Yield the fields with the own server's id that stand above its border."""
    left = border.hops
    for field in trace:
        if field.name == RECEIVED:
            if _is_local(field.value):
                continue
            if left == 0:
                return
            left -= 1
        elif field.name == RESULTS and parsed(field.value)[0] == border.authserv_id.casefold():
            yield field.value


def _is_local(received: str) -> bool:
    """Tell whether a Received line is of a delivery within a machine or house: no stranger speaks LMTP with it."""
    words = [token.casefold() for token in _tokens(received) if token.strip()]
    own = words[words.index("by") :] if "by" in words else []  # what stands before is what the other side says
    return any(one == "with" and then in _LMTP for one, then in pairwise(own))


def _aligned(results: Iterable[Result], method: str, names: Sequence[str], domain: str) -> bool:
    """Tell whether a method passed for the sender's domain or one above it, and for none of these failed."""
    about = [
        one.value
        for one in results
        if one.method == method and any(_is_above(one.properties.get(name, ""), domain) for name in names)
    ]
    return bool(about) and all(value == "pass" for value in about)


def _is_above(text: str, domain: str) -> bool:
    named = text.rpartition("@")[2].casefold().rstrip(".")
    return "." in named and (domain == named or domain.endswith(f".{named}"))


def parsed(text: str) -> tuple[str, list[Result]]:
    """Return the id of the server that wrote a field, in lower case, and its results; what cannot be read has none."""
    head, *stanzas = _stanzas(_tokens(text))
    identity = head.split()[0].casefold() if head.split() else ""
    return identity, [result for stanza in stanzas if (result := _result(stanza)) is not None]


def _result(stanza: str) -> Result | None:
    method, equals, value = (stanza.split() or [""])[0].partition("=")
    if not equals:
        return None
    properties: dict[str, str] = {}
    for word in stanza.split()[1:]:
        name, equals, said = word.partition("=")
        if equals:
            properties.setdefault(name.casefold(), said)
    return Result(method.partition("/")[0].casefold(), value.casefold(), properties)


def _stanzas(tokens: Iterable[str]) -> list[str]:
    """Return what stands between semicolons, each a list of words, without blanks around ``=``."""
    found, current = [], ""
    for piece in tokens:
        if piece == ";":
            found.append(current)
            current = ""
        elif piece == "=":
            current = f"{current.rstrip()}="
        elif piece == " ":
            current += "" if current.endswith("=") else " "
        else:
            current += piece
    return [*found, current]


def _tokens(text: str) -> Iterator[str]:
    """Yield words, blanks, ``=`` and ``;``, without comments (which nest); of a quoted string what it holds, harmless.

    A quoted string can hold anything, and none of it is syntax: blanks and signs in it become underscores.
    """
    at, depth, word = 0, 0, ""
    while at < len(text):
        char = text[at]
        at += 1
        if char == "\\":
            at += 1
        elif char == '"' and depth == 0:
            end, held = _quoted(text, at)
            at, word = end, word + held
        elif char in "()":
            depth = max(depth + (1 if char == "(" else -1), 0)
            yield from (word, " ") if word else (" ",)
            word = ""
        elif depth == 0 and (char in ";=" or char.isspace()):
            if word:
                yield word
            word = ""
            yield " " if char.isspace() else char
        elif depth == 0:
            word += char
    if word:
        yield word


def _quoted(text: str, at: int) -> tuple[int, str]:
    """Return where a quoted string that began before ``at`` ends, and what it holds."""
    held = ""
    while at < len(text):
        char = text[at]
        if char == '"':
            return at + 1, held
        if char == "\\" and at + 1 < len(text):
            at += 1
            char = text[at]
        held += "_" if char in ";= ()\t\r\n" else char
        at += 1
    return at, held
