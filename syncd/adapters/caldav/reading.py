"""Resources as they stand: calendar-multiget in batches (RFC 4791 section 7.9), and a GET where that leaves a doubt."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from http import HTTPStatus

from syncd.adapters.caldav import xml
from syncd.adapters.caldav.listing import Listing, clean_tag, lacks_report
from syncd.adapters.caldav.multistatus import Multistatus
from syncd.adapters.caldav.session import Knowledge, Session, refusal
from syncd.adapters.caldav.xml import CALDAV, DAV
from syncd.ports.remote.errors import (
    ForbiddenError,
    LoginRefusedError,
    PartialAnswerError,
    RateLimitedError,
    RemoteError,
    UnavailableError,
)
from syncd.ports.remote.values import Fetched, Stored

_BATCH = 50  # a server was seen to cap a multiget silently at 1,000
_MOST_SINGLE = 3  # so many that a multiget left out are asked for alone; for more, one listing tells which are there
_MOST_SILENT = 3  # so many that get no answer at all, one after the other, and the rest are not waited for
_FOLD = re.compile(rb"\r?\n[ \t]")
_UID = re.compile(rb"^UID(?:;[^:\r\n]*)?:(.*?)[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_ABSENT = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_WHOLE = {HTTPStatus.OK, HTTPStatus.NON_AUTHORITATIVE_INFORMATION}


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

    def fetch(self, hrefs: Sequence[str]) -> Fetched:
        """Return what stands at ``hrefs``; each that a multiget leaves open is asked for alone.

        Many that it leaves out are looked for in a listing: what neither shows is absent. The server is taken at its
        word that a resource is absent, fails, or is not for us to see (an empty body), only while it shows the
        collection: where that is gone or forbidden, nothing follows for the resources in it.
        """
        found = {href: stored for batch in _batches(hrefs) for href, stored in self._multiget(batch).items()}
        left = [href for href in hrefs if href not in found]
        doubtful = self._doubtful(left)
        singles, failed = self._singles(doubtful)
        if not found and len(doubtful) <= _MOST_SINGLE:  # so far one 404 each is all there is to say that they are gone
            again, failed_again = self._singles([href for href in doubtful if href not in singles | failed])
            singles, failed = singles | again, failed | failed_again
        if failed or any(href not in singles or not singles[href].body for href in left):
            self._listing.state()
        return Fetched(found | singles, failed)

    def _doubtful(self, hrefs: Sequence[str]) -> Sequence[str]:
        """Return which of the hrefs have to be asked for alone; of many, a listing tells most of them absent.

        A listing can be cut short without a word, so a few that it does not show are asked for all the same.
        """
        if len(hrefs) <= _MOST_SINGLE:
            return hrefs
        listed = self._listing.members()
        unlisted = [href for href in hrefs if href not in listed]
        is_whole = all(self._get_or_empty(href) is None for href in unlisted[:_MOST_SINGLE])
        return [href for href in hrefs if href in listed] if is_whole else hrefs

    def _singles(self, hrefs: Sequence[str]) -> tuple[dict[str, Stored], dict[str, RemoteError]]:
        """Ask for resources one by one; one that fails is that one's trouble alone."""
        found: dict[str, Stored] = {}
        failed: dict[str, RemoteError] = {}
        silent = 0
        for href in hrefs:
            if silent >= _MOST_SILENT:
                failed[href] = UnavailableError("It was not asked for: the ones before it got no answer")
                continue
            try:
                stored = self._get_or_empty(href)
            except (LoginRefusedError, RateLimitedError):
                raise
            except RemoteError as error:
                failed[href] = error
                silent += "status" not in error.details
                self._check_server(error)
            else:
                silent = 0
                if stored is not None:
                    found[href] = stored
        return found, failed

    def get(self, href: str) -> Stored | None:
        """Return what stands there, None where nothing does."""
        answer = self._session.read("GET", href, limit=self._max_body_bytes)
        if answer.status in _ABSENT:
            return None
        if answer.status not in _WHOLE:
            is_odd = answer.is_success or answer.is_redirect
            told = f"The server answered {answer.status} to a question for one resource"
            raise PartialAnswerError(told, status=answer.status) if is_odd else refusal(answer)
        if answer.is_page:
            raise PartialAnswerError("The server answered with a page for people", status=answer.status)
        schedule_tag = clean_tag(answer.headers.get("Schedule-Tag"))
        if schedule_tag:
            self._knowledge.learn(schedule_tag=True)
        return Stored(href, clean_tag(answer.headers.get("ETag")), answer.body, schedule_tag)

    def find_uid(self, uid: str) -> Sequence[str]:
        """Return the hrefs of the resources with that UID: a query's candidates, or all there is, read and compared."""
        answer = self._query(self._path, uid)
        candidates = list(answer) if answer is not None else list(self._listing.members())
        return [href for href, stored in self.fetch(candidates).items() if uid.encode() in uids(stored.body)]

    def with_uid_in(self, path: str, uid: str) -> Sequence[str]:
        """Return the hrefs in another calendar of which a query shows that UID."""
        found = self._query(path, uid) or {}
        return [href for href, text in found.items() if uid.encode() in uids(text.encode())]

    def _query(self, path: str, uid: str) -> Mapping[str, str] | None:
        """Return what a query for a UID finds, as it is shown, by href; None where the server answers no queries."""
        _, answer = self._session.ask("REPORT", path, xml.query_uid(uid), 1)
        if answer is None:
            return None
        data = CALDAV + "calendar-data"
        return {entry.href: entry.text(data) or "" for entry in answer.entries if not entry.is_absent}

    def _get_or_empty(self, href: str) -> Stored | None:
        try:
            return self.get(href)
        except ForbiddenError:
            return Stored(href, None, b"")

    def _check_server(self, error: RemoteError) -> None:
        """After a question that got no answer, see whether the server answers at all. Raises what is wrong with it."""
        if "status" not in error.details:
            self._listing.state()

    def _multiget(self, hrefs: Sequence[str]) -> Mapping[str, Stored]:
        if len(hrefs) < 2 or self._knowledge.capabilities.multiget is False:
            return {}
        try:
            answer, found = self._session.ask("REPORT", self._path, xml.multiget(map(self._session.spelled, hrefs)), 1)
        except (LoginRefusedError, RateLimitedError):
            raise
        except RemoteError as error:  # perhaps one of them is too much for the server: each is asked for alone
            self._check_server(error)
            return {}
        if found is not None:
            return self._bodies(found, set(hrefs))
        if lacks_report(answer):
            self._knowledge.learn(multiget=False)
        return {}

    def _bodies(self, answer: Multistatus, asked: Collection[str]) -> Mapping[str, Stored]:
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


def uids(body: bytes) -> set[bytes]:
    """Return the UIDs in a body, whatever else it is."""
    return set(_UID.findall(unfolded(body)))


def unfolded(body: bytes) -> bytes:
    """Return a body with one line for each of its properties (RFC 5545 section 3.1)."""
    return _FOLD.sub(b"", body)
