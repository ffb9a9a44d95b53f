"""Writes: each with its precondition, none sent twice, what became of it found out where no status tells."""

import re
from collections.abc import Callable
from http import HTTPStatus

from syncd.adapters.caldav import xml
from syncd.adapters.caldav.answers import HttpAnswer
from syncd.adapters.caldav.listing import Listing, clean_tag
from syncd.adapters.caldav.reading import Reader, uids, unfolded
from syncd.adapters.caldav.session import Knowledge, Session, refusal
from syncd.adapters.caldav.urls import Origin, joined
from syncd.adapters.caldav.xml import CALDAV
from syncd.ports.remote.errors import (
    ForbiddenError,
    PreconditionFailedError,
    RejectedError,
    RemoteError,
    TooLargeError,
    UidConflictError,
    UnavailableError,
)
from syncd.ports.remote.values import Receipt, Stored

SameMeaning = Callable[[bytes, bytes], bool]
"""Tells whether a body that was sent and the one that the server stored mean the same."""

_MEDIA_TYPE = "text/calendar; charset=utf-8"
_BAD_BODY = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, HTTPStatus.UNPROCESSABLE_ENTITY}
_DONE = {HTTPStatus.CREATED, HTTPStatus.NO_CONTENT}
_PERSON = re.compile(rb"^(?:ATTENDEE|ORGANIZER)[;:].*$", re.MULTILINE | re.IGNORECASE)
_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_UID_TAKEN = {CALDAV + "no-uid-conflict", CALDAV + "unique-scheduling-object-resource"}
_WRONG_BODY = {
    CALDAV + name
    for name in (
        "valid-calendar-data",
        "valid-calendar-object-resource",
        "supported-calendar-data",
        "supported-calendar-component",
        "allowed-organizer-scheduling-object-change",
        "allowed-attendee-scheduling-object-change",
    )
}


class Writer:
    """Writes resources and hands out receipts."""

    def __init__(
        self,
        session: Session,
        path: str,
        knowledge: Knowledge,
        listing: Listing,
        reader: Reader,
        same_meaning: SameMeaning,
    ) -> None:
        self._session = session
        self._path = path
        self._knowledge = knowledge
        self._listing = listing
        self._reader = reader
        self._same_meaning = same_meaning

    def create(self, href: str, body: bytes) -> Receipt:
        """PUT where nothing stands."""
        if not self._knowledge.capabilities.preconditions and self._reader.get(href) is not None:
            raise PreconditionFailedError
        answer = self._put(href, body, If_None_Match="*")
        if not answer.is_success:
            raise self._why_not_created(href, answer)
        receipt = self._receipt(href, body, answer)
        if self._knowledge.capabilities.preconditions is None:
            return self._with_preconditions_tried(receipt, body)
        return receipt

    def replace(self, href: str, body: bytes, etag: str | None, schedule_tag: str | None) -> Receipt:
        """PUT over the version that ``etag`` names."""
        if etag is None or not self._knowledge.capabilities.preconditions:
            etag = self._standing(href, etag).etag
        answer = self._put(href, body, If_Match=etag or "*")
        if answer.status == HTTPStatus.PRECONDITION_FAILED and schedule_tag and not xml.conditions(answer.body):
            answer = self._put_over_replies(href, body, schedule_tag)
        if not answer.is_success:
            raise self._why_not_replaced(href, etag, answer)
        return self._receipt(href, body, answer)

    def remove(self, href: str, etag: str | None) -> None:
        """DELETE the version that ``etag`` names. It is read first: servers delete in spite of a stale If-Match."""
        stored = self._reader.get(href)
        if stored is None:
            return
        if etag is not None and stored.etag != etag:
            raise PreconditionFailedError
        answer = self._written("DELETE", href, If_Match=stored.etag or "*")
        if answer.is_success or answer.status in _GONE:
            return
        if answer.status == HTTPStatus.PRECONDITION_FAILED and self._reader.get(href) is None:
            return
        raise refusal(answer)

    def _put(self, href: str, body: bytes, **precondition: str) -> HttpAnswer:
        largest = self._knowledge.capabilities.max_resource_size
        if largest is not None and len(body) > largest:
            raise TooLargeError
        return self._written("PUT", href, body, Content_Type=_MEDIA_TYPE, **precondition)

    def _written(self, method: str, href: str, body: bytes = b"", **headers: str) -> HttpAnswer:
        """Send a write. Raises `UnavailableError` where the answer does not say what became of it."""
        answer = self._session.write(method, href, body, **headers)
        says_done = answer.status in _DONE or (answer.status == HTTPStatus.OK and not answer.is_page)
        if answer.is_success and not says_done:
            raise UnavailableError(
                f"The server answered a write with {answer.status} and no word of what became of it",
                status=answer.status,
            )
        return answer

    def _put_over_replies(self, href: str, body: bytes, schedule_tag: str) -> HttpAnswer:
        """PUT again where the Schedule-Tag stands: the ETag moved because a reply was merged (RFC 6638 section 3.2.10).

        The server keeps what was merged. Both preconditions go along, for a server that knows only one.
        """
        stored = self._standing(href)
        if stored.schedule_tag != schedule_tag:
            raise PreconditionFailedError
        return self._put(href, body, If_Match=stored.etag or "*", If_Schedule_Tag_Match=schedule_tag)

    def _standing(self, href: str, etag: str | None = None) -> Stored:
        """Return what stands there, if it is what ``etag`` names: servers were seen to overlook preconditions."""
        stored = self._reader.get(href)
        if stored is None or (etag is not None and stored.etag != etag):
            raise PreconditionFailedError
        return stored

    # Receipts

    def _receipt(self, href: str, sent: bytes, answer: HttpAnswer) -> Receipt:
        etag = clean_tag(answer.headers.get("ETag"))
        tag = clean_tag(answer.headers.get("Schedule-Tag"))
        self._knowledge.learn(etag_on_put=etag is not None)
        if tag:
            self._knowledge.learn(schedule_tag=True)
        elsewhere = self._location(href, answer)
        if elsewhere is None and etag is not None and self._knowledge.capabilities.faithful:
            return Receipt(href, etag, tag, sent)
        return self._read_back(Receipt(href, etag, tag, sent), sent, elsewhere)

    def _location(self, href: str, answer: HttpAnswer) -> str | None:
        """Return where the server says that it stored a resource, if that is another place on this server."""
        if not (location := answer.headers.get("Location")):
            return None
        try:
            url = joined(self._session.url(href), location)
            found = self._session.learn(url)
            return found if found != href and Origin.of(url) == self._session.origin else None
        except (ValueError, RemoteError):
            return None

    def _read_back(self, receipt: Receipt, sent: bytes, elsewhere: str | None = None) -> Receipt:
        """Learn what the server made of a body, and where it stands: at its href, else where it says, else by UID.

        Where another ETag than the one that was answered stands over another meaning, somebody edited at once: that
        is theirs to be observed, and the receipt stays about what was ours.
        """
        try:
            stored = self._stored(receipt.href, sent, elsewhere)
        except RemoteError:
            return receipt  # it was written; only what became of it is not known
        if stored is None:
            return receipt
        is_same = self._same_meaning(sent, stored.body)
        is_there = stored.href == receipt.href
        if is_there and not is_same and receipt.etag is not None and receipt.etag != stored.etag:
            return receipt
        self._knowledge.learn(faithful=is_same and is_there and self._knowledge.capabilities.faithful is not False)
        if self._mails(sent, stored.body):
            self._knowledge.learn(mails_itself=True)
        return Receipt(stored.href, stored.etag, stored.schedule_tag or receipt.schedule_tag, stored.body)

    def _stored(self, href: str, sent: bytes, elsewhere: str | None) -> Stored | None:
        ours = uids(sent)
        for place in filter(None, (elsewhere, href)):
            stored = self._reader.get(place)
            if stored is not None and (place == href or ours & uids(stored.body)):
                return stored
        for uid in ours:
            for place in self._reader.find_uid(uid.decode(errors="replace")):
                return self._reader.get(place)
        return None

    def _mails(self, sent: bytes, stored: bytes) -> bool:
        """Tell whether the server shows that it does not leave invitations to us (RFC 6638 sections 7.1 and 7.3)."""
        ours, theirs = (b"\n".join(_PERSON.findall(unfolded(body))).upper() for body in (sent, stored))
        if b"SCHEDULE-AGENT=CLIENT" not in ours or not theirs:
            return False
        is_processed = b"SCHEDULE-STATUS=" in theirs and b"SCHEDULE-STATUS=" not in ours
        is_overlooked = b"SCHEDULE-AGENT=CLIENT" not in theirs and bool(self._knowledge.capabilities.auto_schedule)
        return is_processed or is_overlooked

    def _with_preconditions_tried(self, receipt: Receipt, body: bytes) -> Receipt:
        """Try once, with the body that was just put, whether the server lets ``If-None-Match: *`` overwrite it."""
        try:
            answer = self._put(receipt.href, body, If_None_Match="*")
        except RemoteError:
            return receipt
        self._knowledge.learn(preconditions=answer.status == HTTPStatus.PRECONDITION_FAILED)
        return self._receipt(receipt.href, body, answer) if answer.is_success else receipt

    # Refusals

    def _why_not_created(self, href: str, answer: HttpAnswer) -> RemoteError:
        """Tell the meanings of a 412 apart: something stands there, or the server will not take this body."""
        if answer.status == HTTPStatus.PRECONDITION_FAILED and not xml.conditions(answer.body):
            if self._reader.get(href) is not None:
                return PreconditionFailedError()
            return RejectedError(status=answer.status)
        return self._why_refused(answer)

    def _why_not_replaced(self, href: str, etag: str | None, answer: HttpAnswer) -> RemoteError:
        """Likewise: where the ETag holds that was sent, it was not the reason."""
        if answer.status == HTTPStatus.PRECONDITION_FAILED and not xml.conditions(answer.body):
            stored = self._reader.get(href)
            if stored is not None and stored.etag == etag:
                return RejectedError(status=answer.status)
        return self._why_refused(answer)

    def _why_refused(self, answer: HttpAnswer) -> RemoteError:
        told = xml.conditions(answer.body)
        if taken := _UID_TAKEN & told.keys():
            where = told[taken.pop()]
            return UidConflictError(href=self._href_told(where))
        if CALDAV + "max-resource-size" in told or answer.status == HTTPStatus.INSUFFICIENT_STORAGE:
            return TooLargeError(status=answer.status)
        if _WRONG_BODY & told.keys() or answer.status in _BAD_BODY:
            return RejectedError(status=answer.status)
        return self._by_collection(answer)

    def _href_told(self, where: str | None) -> str | None:
        try:
            return self._session.learn(where) if where else None
        except ValueError:
            return None

    def _by_collection(self, answer: HttpAnswer) -> RemoteError:
        """Tell a 404 or 409 about the resource from one that says that the collection is gone, which is looked up."""
        match answer.status:
            case HTTPStatus.CONFLICT:
                self._listing.state()
                return UidConflictError(status=answer.status)
            case HTTPStatus.NOT_FOUND | HTTPStatus.GONE:
                self._listing.state()
                return PreconditionFailedError(status=answer.status)
            case HTTPStatus.METHOD_NOT_ALLOWED:
                return ForbiddenError(status=answer.status)
        if answer.is_redirect or answer.is_unmodified:
            self._listing.state()
            return UnavailableError(f"The server answered a write with {answer.status}", status=answer.status)
        return refusal(answer)
