"""A practice in which providers are told of what was put back: the stage of the tests about notices."""

from dataclasses import dataclass, replace
from functools import partial

from syncd.core.records import Message
from syncd.services.messages.noticing import notice_of_revert
from syncd.services.reconcile import Reconciler
from tests.services.world import World


@dataclass
class ToldWorld(World):
    """A world with notices."""

    @property
    def reconciler(self) -> Reconciler:
        return replace(super().reconciler, on_reverted=partial(notice_of_revert, practice=self.practice))

    def mails(self) -> list[Message]:
        """Return all messages that were ever queued."""
        with self.store.reading() as tx:
            return list(tx.messages.list())
