"""Resources as they stand: calendar-multiget in batches (RFC 4791 section 7.9), and a GET where that leaves a doubt."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus

from syncd.adapters.caldav import xml
from syncd.adapters.caldav.listing import Listing, clean_tag, lacks_report
from syncd.adapters.caldav.session import Knowledge, Session, multistatus_of, refusal
from syncd.adapters.caldav.xml import CALDAV, DAV
from syncd.ports.remote.errors import ForbiddenError, PartialAnswerError
from syncd.ports.remote.values import Stored

_BATCH = 50  # a server was seen to cap a multiget silently at 1,000
_FOLD = re.compile(rb"\r?\n[ \t]")
_UID = re.compile(rb"^UID(?:;[^:\r\n]*)?:(.*?)[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)


class Reader:
    """Reads resources. Of a body longer than ``max_body_bytes`` only that much is read."""

    def __init__(
        self, session: Session, path: str, knowledge: Knowledge, listing: Listing, max_body_bytes: int
    ) -> None:
        self._session = session
        self._path = path
        self._knowledge = knowledge
        self._listing = listing
        self._max_body_bytes = max_body_bytes

    def fetch(self, hrefs: Sequence[str]) -> Mapping[str, Stored]:
        """Return what stands at ``hrefs``; each that a multiget leaves open is asked for alone.

        The server is taken at its word that a resource is absent, or not for us to see (an empty body), only while it
        shows the collection: where that is gone or forbidden, nothing follows for the resources in it.
        """
        found = {href: stored for batch in _batches(hrefs) for href, stored in self._multiget(batch).items()}
        is_doubtful = False
        for href in hrefs:
            if href not in found:
                stored = self._get_or_empty(href)
                is_doubtful = is_doubtful or stored is None or not stored.body
                if stored is not None:
                    found[href] = stored
        if is_doubtful:
            self._listing.state()
        return found

    def get(self, href: str) -> Stored | None:
        """Return what stands there, None where nothing does."""
        answer = self._session.read("GET", href, limit=self._max_body_bytes)
        if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            return None
        if not answer.is_success:
            raise (
                PartialAnswerError(f"{href} was answered with {answer.status}")
                if answer.is_redirect
                else refusal(answer)
            )
        schedule_tag = clean_tag(answer.headers.get("Schedule-Tag"))
        if schedule_tag:
            self._knowledge.learn(schedule_tag=True)
        return Stored(href, clean_tag(answer.headers.get("ETag")), answer.body, schedule_tag)

    def find_uid(self, uid: str) -> Sequence[str]:
        """Return the hrefs of the resources with that UID: a query's candidates, or all there is, read and compared."""
        answer = self._session.read("REPORT", self._path, xml.query_uid(uid), Depth="1")
        if answer.status == HTTPStatus.MULTI_STATUS:
            candidates = [entry.href for entry in multistatus_of(answer).entries if not entry.is_absent]
        else:
            candidates = list(self._listing.members())
        return [href for href, stored in self.fetch(candidates).items() if uid.encode() in _uids(stored.body)]

    def _get_or_empty(self, href: str) -> Stored | None:
        try:
            return self.get(href)
        except ForbiddenError:
            return Stored(href, None, b"")

    def _multiget(self, hrefs: Sequence[str]) -> Mapping[str, Stored]:
        if len(hrefs) < 2 or self._knowledge.capabilities.multiget is False:
            return {}
        with suppress(PartialAnswerError):
            answer = self._session.read("REPORT", self._path, xml.multiget(hrefs), Depth="1")
            if answer.status == HTTPStatus.MULTI_STATUS:
                return self._bodies(multistatus_of(answer), set(hrefs))
            if lacks_report(answer):
                self._knowledge.learn(multiget=False)
        return {}

    def _bodies(self, answer: xml.Multistatus, asked: set[str]) -> Mapping[str, Stored]:
        bodies: dict[str, Stored] = {}
        for entry in answer.entries:
            data = entry.props.get(CALDAV + "calendar-data")
            if entry.href in asked and data is not None and data.text:
                body = _with_line_ends(data.text).encode()[: self._max_body_bytes]
                tag = clean_tag(entry.text(CALDAV + "schedule-tag"))
                bodies[entry.href] = Stored(entry.href, clean_tag(entry.text(DAV + "getetag")), body, tag)
        if bodies:
            self._knowledge.learn(multiget=True)
        return bodies


def _batches(hrefs: Sequence[str]) -> Iterator[Sequence[str]]:
    return (hrefs[start : start + _BATCH] for start in range(0, len(hrefs), _BATCH))


def _with_line_ends(text: str) -> str:
    """Give back the line ends of RFC 5545, which every XML parser makes plain newlines (XML 1.0 section 2.11)."""
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def _uids(body: bytes) -> set[bytes]:
    return set(_UID.findall(_FOLD.sub(b"", body)))
