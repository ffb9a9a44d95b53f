"""One collection, open for one cycle: the calendar port, put together from listing, reading and writing."""

from collections.abc import Sequence

from syncd.adapters.caldav.listing import Listing
from syncd.adapters.caldav.neighbours import Neighbours
from syncd.adapters.caldav.reading import Reader
from syncd.adapters.caldav.session import Knowledge, Session
from syncd.adapters.caldav.writing import SameMeaning, Writer
from syncd.core.sync.calendars import Capabilities
from syncd.ports.remote.errors import CollectionGoneError
from syncd.ports.remote.values import Changes, Fetched, Receipt


class CalDavRemote:
    """A CalDAV collection (`syncd.ports.remote.access.Remote`). For one thread at a time."""

    def __init__(
        self,
        session: Session,
        path: str,
        capabilities: Capabilities,
        *,
        same_meaning: SameMeaning,
        max_body_bytes: int,
    ) -> None:
        self._session = session
        self._path = path
        self._knowledge = Knowledge(capabilities)
        self._listing = Listing(session, path, self._knowledge)
        self._reader = Reader(session, path, self._knowledge, self._listing, max_body_bytes)
        self._writer = Writer(session, path, self._knowledge, self._listing, self._reader, same_meaning)
        self._neighbours = Neighbours(session, path, self._reader)

    @property
    def capabilities(self) -> Capabilities:
        """What the server has been seen to do."""
        return self._knowledge.capabilities

    @property
    def requests(self) -> int:
        """How many requests went over the wire."""
        return self._session.requests

    def survey(self) -> Capabilities:
        """Ask what the server says of the collection, try whether it can tell changes, and return what is known."""
        self._listing.probe(self._listing.state())
        return self._knowledge.capabilities

    def changes(self, cursor: str | None) -> Changes:
        """Return what changed since ``cursor``, or everything."""
        try:
            return self._listing.changes(cursor)
        except CollectionGoneError as error:
            if not error.details.get("redirected") and self._neighbours.prove_it_gone():
                raise CollectionGoneError(proven=True) from error
            raise

    def distrust_changes(self) -> None:
        """Remember that sync-collection leaves changes out; it is not tried again."""
        self._knowledge.learn(sync_collection=False, tells_all_changes=False)

    def remember_people_refused(self) -> None:
        """Remember that events go there without people."""
        self._knowledge.learn(refuses_people=True)

    def fetch(self, hrefs: Sequence[str]) -> Fetched:
        """Return the resources at ``hrefs``; one that the account may not see has an empty body."""
        return self._reader.fetch(hrefs)

    def find_uid(self, uid: str) -> Sequence[str]:
        """Return the hrefs of the resources with that UID."""
        return self._reader.find_uid(uid)

    def find_elsewhere(self, uid: str) -> Sequence[str]:
        """Return the hrefs at which a UID stands in the account's other calendars."""
        return self._neighbours.find_uid(uid)

    def href_for(self, name: str) -> str:
        """Return the href of a resource of that name."""
        return self._path + name

    def create(self, href: str, body: bytes) -> Receipt:
        """PUT a new resource."""
        return self._writer.create(href, body)

    def replace(self, href: str, body: bytes, etag: str | None, schedule_tag: str | None = None) -> Receipt:
        """PUT another version of a resource."""
        return self._writer.replace(href, body, etag, schedule_tag)

    def remove(self, href: str, etag: str | None) -> None:
        """DELETE a resource."""
        self._writer.remove(href, etag)

    def close(self) -> None:
        """Do nothing: connections are the servers' and stay pooled."""
