"""A practice in which providers are told of what was put back: the stage of the tests about notices."""

from dataclasses import dataclass, replace
from functools import partial

from syncd.core.messaging.outbox import Message
from syncd.services.messaging.revert_notices import notice_of_revert
from syncd.services.sync.reconcile import Reconciler
from tests.services.world import World


@dataclass
class NoticeWorld(World):
    """A world with notices."""

    @property
    def reconciler(self) -> Reconciler:
        return replace(super().reconciler, on_reverted=partial(notice_of_revert, practice=self.practice))

    def mails(self) -> list[Message]:
        """Return all messages that were ever queued."""
        with self.store.reading() as tx:
            return list(tx.messages.list())
