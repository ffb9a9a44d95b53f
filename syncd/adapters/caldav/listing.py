"""What a collection holds and what changed in it: sync-collection (RFC 6578), or its ctag and a list of ETags.

A cursor says of which kind it is: ``sync:`` and a sync-token, or ``ctag:`` and a ctag (empty where there is none).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from http import HTTPStatus
from typing import NamedTuple

from syncd.adapters.caldav import xml
from syncd.adapters.caldav.answers import HttpAnswer
from syncd.adapters.caldav.multistatus import Entry, Multistatus
from syncd.adapters.caldav.session import Knowledge, Session, refusal
from syncd.adapters.caldav.urls import as_collection
from syncd.adapters.caldav.xml import CALDAV, DAV, SERVER
from syncd.ports.remote.errors import CollectionGoneError, PartialAnswerError
from syncd.ports.remote.values import Changes

_SYNC, _CTAG = "sync:", "ctag:"
_NO_SUCH_REPORT = {
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.NOT_IMPLEMENTED,
}
_MAX_PAGES = 200
_MOST_DIGITS = 15
_BULK = 10  # see Listing._confirmed
_STATE = xml.propfind(
    DAV + "resourcetype",
    DAV + "sync-token",
    SERVER + "getctag",
    DAV + "current-user-privilege-set",
    CALDAV + "max-resource-size",
)
_MEMBERS = xml.propfind(DAV + "resourcetype", DAV + "getetag")
WRITING = {DAV + name for name in ("all", "write", "write-content")}


class _Delta(NamedTuple):
    present: dict[str, str | None]
    removed: set[str]
    token: str


class _ReportRefusedError(Exception):
    """The server did not answer a sync-collection report.

    ``token_is_invalid``: it said that it does not know the token (True), or that it has no such report (False).
    """

    def __init__(self, *, token_is_invalid: bool | None) -> None:
        super().__init__(token_is_invalid)
        self.token_is_invalid = token_is_invalid


def lacks_report(answer: HttpAnswer) -> bool:
    """Tell whether the server says that it does not know a report at all."""
    return answer.status in _NO_SUCH_REPORT or DAV + "supported-report" in xml.conditions(answer.body)


def _reason_of(answer: HttpAnswer) -> Exception:
    """Read a refused report. What is untold (None) is found out by asking again with a fresh token."""
    if DAV + "valid-sync-token" in xml.conditions(answer.body):
        return _ReportRefusedError(token_is_invalid=True)
    if lacks_report(answer):
        return _ReportRefusedError(token_is_invalid=False)
    return refusal(answer) if answer.is_redirect else _ReportRefusedError(token_is_invalid=None)


def clean_tag(tag: str | None) -> str | None:
    """Return an ETag or Schedule-Tag in one spelling, None for one that no header can carry back.

    Proxies mark ETags as weak, and some servers leave the quotes out in XML.
    """
    bare = (tag or "").strip().removeprefix("W/")
    if not bare or not (bare.isascii() and bare.isprintable()):
        return None
    return bare if bare.startswith('"') else f'"{bare}"'


class Listing:
    """Tells what a collection holds. What the server can and cannot do is learned on the way."""

    def __init__(self, session: Session, path: str, knowledge: Knowledge) -> None:
        self._session = session
        self._path = path
        self._knowledge = knowledge

    def changes(self, cursor: str | None) -> Changes:
        """Return what changed since a cursor, or the whole collection."""
        if cursor is None:
            return self._everything()
        if self._knowledge.capabilities.tells_all_changes is False:
            return self._changes_by_ctag("")
        if cursor.startswith(_SYNC):
            return self._changes_since(cursor.removeprefix(_SYNC))
        return self._changes_by_ctag(cursor.removeprefix(_CTAG))

    def state(self) -> Entry:
        """Return the collection's own properties, noting what they say of the server."""
        entry = self._session.properties(self._path, _STATE)
        privileges = entry.names(DAV + "current-user-privilege-set")
        size = entry.text(CALDAV + "max-resource-size") or ""
        self._knowledge.learn(
            ctag=entry.text(SERVER + "getctag") is not None,
            writable=bool(privileges & WRITING) if privileges else None,
            max_resource_size=int(size) if size.isascii() and size.isdecimal() and len(size) <= _MOST_DIGITS else None,
        )
        return entry

    def probe(self, entry: Entry) -> str:
        """Return a cursor of this moment: a sync-token only where the server proves that it takes its own back.

        Where it was seen to leave changes out, no token or ctag of its is relied on any more.
        """
        if self._knowledge.capabilities.tells_all_changes is False:
            return _CTAG
        token = entry.text(DAV + "sync-token")
        if token and self._takes(token):
            return _SYNC + token
        self._knowledge.learn(sync_collection=False)
        return _CTAG + (entry.text(SERVER + "getctag") or "")

    def _takes(self, token: str) -> bool:
        if self._knowledge.capabilities.sync_collection:
            return True
        try:
            self._since(token)
        except _ReportRefusedError:
            return False
        self._knowledge.learn(sync_collection=True)
        return True

    def _everything(self) -> Changes:
        """List all. The cursor is taken first: a change in between is seen twice, never missed."""
        cursor = self.probe(self.state())
        return Changes(present=self.members(), removed=frozenset(), cursor=cursor, complete=True)

    def _changes_by_ctag(self, ctag: str) -> Changes:
        if ctag:
            now = self.state().text(SERVER + "getctag")
            if now == ctag:
                return Changes(present={}, removed=frozenset(), cursor=_CTAG + ctag, complete=False)
            ctag = now or ""
        return Changes(present=self.members(), removed=frozenset(), cursor=_CTAG + ctag, complete=True)

    def _changes_since(self, token: str) -> Changes:
        try:
            delta = self._since(token)
        except _ReportRefusedError as refused:
            return self._without(token_is_invalid=refused.token_is_invalid)
        return self._confirmed(delta)

    def _without(self, *, token_is_invalid: bool | None) -> Changes:
        """List all after a refusal: of the token, of any, or for a reason untold, then a fresh token tells which."""
        if not token_is_invalid:
            self._knowledge.learn(sync_collection=None if token_is_invalid is None else False)
        changes = self._everything()
        return replace(changes, cursor_lost=bool(self._knowledge.capabilities.sync_collection))

    def _confirmed(self, delta: _Delta) -> Changes:
        """Take a long answer without removals for what it may be: everything, told to a token of another life.

        Servers were seen to answer a token they do not know with the whole collection and no removals. A listing, which
        a change of so many resources at once is worth, tells what is absent.
        """
        is_whole = len(delta.present) >= _BULK and not delta.removed
        present = self.members() if is_whole else self._trusted(delta.present)
        return Changes(present=present, removed=frozenset(delta.removed), cursor=_SYNC + delta.token, complete=is_whole)

    def _since(self, token: str) -> _Delta:
        """Follow the pages of a sync-collection report (RFC 6578 section 3.6: 507 on the collection says: not all)."""
        delta = _Delta({}, set(), token)
        for _ in range(_MAX_PAGES):
            page = self._page(delta.token)
            is_last = self._merge(page.entries, delta)
            if page.token is None or page.unread or (not is_last and page.token == delta.token):
                raise _ReportRefusedError(token_is_invalid=None)
            delta = delta._replace(token=page.token)
            if is_last:
                return delta
        raise PartialAnswerError("The server's list of changes does not end")

    def _page(self, token: str) -> Multistatus:
        answer, found = self._report(token)
        if answer.is_failure:
            answer, found = self._report(token)
        if found is not None:
            return found
        raise _reason_of(answer)

    def _report(self, token: str) -> tuple[HttpAnswer, Multistatus | None]:
        return self._session.ask("REPORT", self._path, xml.sync_collection(token), 0)

    def _merge(self, entries: Iterable[Entry], delta: _Delta) -> bool:
        """Lay a page over what is known so far; tell whether it was the last."""
        is_last = True
        for entry in entries:
            if self._is_self(entry):
                is_last = is_last and entry.status != HTTPStatus.INSUFFICIENT_STORAGE
            elif self._is_member(entry):
                if entry.is_absent:
                    delta.present.pop(entry.href, None)
                    delta.removed.add(entry.href)
                else:
                    delta.removed.discard(entry.href)
                    delta.present[entry.href] = clean_tag(entry.text(DAV + "getetag"))
        return is_last

    def _is_self(self, entry: Entry) -> bool:
        return as_collection(entry.href) == self._path

    def _is_member(self, entry: Entry) -> bool:
        """Tell a resource of this collection from the collection itself, collections in it, and strangers."""
        name = entry.href.removeprefix(self._path)
        return name not in {"", entry.href} and "/" not in name

    def members(self) -> dict[str, str | None]:
        """List hrefs and ETags. Raises `PartialAnswerError` unless the answer shows that it is about all of this."""
        present: dict[str, str | None] = {}
        own: list[int | None] = []
        is_cut = False

        def take(entry: Entry) -> None:
            nonlocal is_cut
            is_cut = is_cut or entry.status == HTTPStatus.INSUFFICIENT_STORAGE
            if self._is_self(entry):
                own.append(entry.status)
            elif self._is_member(entry) and not entry.is_absent:
                present[entry.href] = clean_tag(entry.text(DAV + "getetag"))

        self._session.multistatus("PROPFIND", self._path, _MEMBERS, 1, take)
        if is_cut or not own:
            raise PartialAnswerError("The server's list of the calendar's resources is not whole")
        if own[0] in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            raise CollectionGoneError
        return self._trusted(present)

    def _trusted(self, present: dict[str, str | None]) -> dict[str, str | None]:
        """Leave out ETags that prove nothing: where two resources have one, it counts versions of each for itself."""
        if len(present) > 1:
            repeated = max(Counter(filter(None, present.values())).values(), default=0) > 1
            if repeated or self._knowledge.capabilities.distinct_etags is None:
                self._knowledge.learn(distinct_etags=not repeated)
        if self._knowledge.capabilities.distinct_etags is False:
            return dict.fromkeys(present)
        return present
