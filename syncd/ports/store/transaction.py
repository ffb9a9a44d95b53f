"""The practice's store: one transaction, and in it one repository per kind of record."""

from contextlib import AbstractContextManager
from typing import Protocol

from syncd.ports.store.access import ApiTokens, OneTimeLinks, Sessions, SignInTries, UnsentForms, Users
from syncd.ports.store.alerting import Conditions, Notices, Observations
from syncd.ports.store.answers import KeptAnswers
from syncd.ports.store.audit import Audit
from syncd.ports.store.claims import Claims
from syncd.ports.store.counts import Counts
from syncd.ports.store.external import ExternalIds
from syncd.ports.store.feeds import Feeds
from syncd.ports.store.forms import FormKeys
from syncd.ports.store.hooks import Hooks
from syncd.ports.store.hours import Hours
from syncd.ports.store.inbound import Inbound
from syncd.ports.store.lists import Lists
from syncd.ports.store.messaging import Links, Messages
from syncd.ports.store.pruning import Prunings
from syncd.ports.store.scheduling import Appointments, Clients, Providers, SeriesStore
from syncd.ports.store.sync import Calendars, Drifts, Publications
from syncd.ports.store.work import Works


class Transaction(Protocol):
    """One unit of work: all of it becomes true when the block ends, or none if it raises."""

    @property
    def providers(self) -> Providers: ...  # noqa: D102 - each says what its Protocol says
    @property
    def clients(self) -> Clients: ...  # noqa: D102
    @property
    def appointments(self) -> Appointments: ...  # noqa: D102
    @property
    def series(self) -> SeriesStore: ...  # noqa: D102
    @property
    def calendars(self) -> Calendars: ...  # noqa: D102
    @property
    def publications(self) -> Publications: ...  # noqa: D102
    @property
    def drifts(self) -> Drifts: ...  # noqa: D102
    @property
    def messages(self) -> Messages: ...  # noqa: D102
    @property
    def inbound(self) -> Inbound: ...  # noqa: D102
    @property
    def links(self) -> Links: ...  # noqa: D102
    @property
    def claims(self) -> Claims: ...  # noqa: D102
    @property
    def audit(self) -> Audit: ...  # noqa: D102
    @property
    def users(self) -> Users: ...  # noqa: D102
    @property
    def sessions(self) -> Sessions: ...  # noqa: D102
    @property
    def unsent_forms(self) -> UnsentForms: ...  # noqa: D102
    @property
    def one_time_links(self) -> OneTimeLinks: ...  # noqa: D102
    @property
    def api_tokens(self) -> ApiTokens: ...  # noqa: D102
    @property
    def sign_in_tries(self) -> SignInTries: ...  # noqa: D102
    @property
    def hours(self) -> Hours: ...  # noqa: D102
    @property
    def form_keys(self) -> FormKeys: ...  # noqa: D102
    @property
    def feeds(self) -> Feeds: ...  # noqa: D102
    @property
    def external_ids(self) -> ExternalIds: ...  # noqa: D102
    @property
    def counts(self) -> Counts: ...  # noqa: D102
    @property
    def conditions(self) -> Conditions: ...  # noqa: D102
    @property
    def notices(self) -> Notices: ...  # noqa: D102
    @property
    def observations(self) -> Observations: ...  # noqa: D102
    @property
    def prunings(self) -> Prunings: ...  # noqa: D102
    @property
    def lists(self) -> Lists: ...  # noqa: D102
    @property
    def kept_answers(self) -> KeptAnswers: ...  # noqa: D102
    @property
    def hooks(self) -> Hooks: ...  # noqa: D102
    @property
    def works(self) -> Works: ...  # noqa: D102


class Store(Protocol):
    """The practice's store."""

    def transaction(self, *, durable: bool = True) -> AbstractContextManager[Transaction]:
        """Begin a unit of work: committed when the block ends, rolled back when it raises.

        One that is not ``durable`` may be lost, whole, when the machine loses power shortly after, with what came after
        it: for what the next cycle finds out by itself.
        A write that loses against a concurrent one raises `ConflictError`; a database that cannot be reached raises
        `StoreUnavailableError`.
        """
        ...

    def reading(self) -> AbstractContextManager[Transaction]:
        """Begin a unit of work that only looks: it sees one moment, takes no locks and waits for nobody.

        Raises as `transaction`, and refuses writes.
        """
        ...
