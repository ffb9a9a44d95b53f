"""Settings of what is kept, and for how long."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from syncd.settings.values import Days, Section

if TYPE_CHECKING:
    from syncd.services.upkeep.pruning import Retention


class BackupSection(Section):
    """Copies of the database."""

    folder: Path = Field(default=Path("./var/backups"), description="folder into which `syncd backup` writes")
    keep: int = Field(default=14, ge=1, le=10_000, description="how many backups are kept there; older ones go")


class RetentionSection(Section):
    """How long what is over is kept. The audit trail, appointments, their history and claims are kept for good."""

    bodies_days: Days = Field(default=365, description="days after its last session for which an event's text is kept")
    messages_days: Days = Field(default=730, description="days for which mail is kept that left, once all is over")
    drifts_days: Days = Field(default=2190, description="days for which a settled drift is kept, once all is over")
    work_days: int = Field(default=30, ge=1, description="days for which it can be seen how work went that is done")
    accounts_days: Days = Field(default=90, description="days for which tokens are kept that expired or were revoked")

    def retention(self, watched: timedelta) -> "Retention":
        """Return it as pruning takes it; ``watched``: for how long after its last session an event is watched."""
        from syncd.ports.store.pruning import Litter
        from syncd.services.upkeep.pruning import Retention

        day = timedelta(days=1)  # none of these lasts longer
        short_lived = (Litter.SESSIONS, Litter.LINKS, Litter.TRIES, Litter.FORMS, Litter.ANSWERS)
        wanted = {
            Litter.BODIES: self.bodies_days,
            Litter.DRIFTS: self.drifts_days,
            Litter.MESSAGES: self.messages_days,
            Litter.MAILS: self.messages_days,
            Litter.WORK: self.work_days,
            Litter.NOTICES: self.work_days,
            Litter.HOOKS: self.work_days,
            Litter.TOKENS: self.accounts_days,
        }
        kept = {litter: timedelta(days=days) for litter, days in wanted.items() if days}
        return Retention({Litter.WATCHED: watched} | dict.fromkeys(short_lived, day) | kept)
