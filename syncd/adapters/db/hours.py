"""Working hours, time off and form keys, in the database."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update

from syncd.adapters.db.hours_tables import form_keys, time_off, working_hours
from syncd.adapters.db.rows import Repository
from syncd.core.errors import AlreadyExistsError, NotFoundError
from syncd.core.scheduling.hours import TimeOff, Week, parse_hours, written_hours


class SqlHours(Repository):
    """Working hours, in the database: one row for each provider who has any of their own."""

    def of_provider(self, provider_id: str) -> Week | None:
        """Return a provider's own hours."""
        query = select(working_hours.c.hours).where(working_hours.c.provider_id == provider_id)
        found: str | None = self._connection.execute(query).scalar_one_or_none()
        return None if found is None else parse_hours(found)

    def set(self, provider_id: str, week: Week | None) -> None:
        """Give a provider hours of their own; None takes them away."""
        same = working_hours.c.provider_id == provider_id
        if week is None:
            self._connection.execute(delete(working_hours).where(same))
            return
        values = {"provider_id": provider_id, "hours": written_hours(week)}
        if self._connection.execute(update(working_hours).where(same).values(values)).rowcount == 0:
            self._insert(working_hours, values, "Somebody else set these hours at the same moment. Look again.")

    def time_off(self, provider_id: str, since: datetime, until: datetime | None = None) -> Sequence[TimeOff]:
        """Return time off that shares any moment with [since, until)."""
        query = select(time_off).where(time_off.c.provider_id == provider_id, time_off.c.ends_at > since)
        if until is not None:
            query = query.where(time_off.c.starts_at < until)
        rows = self._many(query.order_by(time_off.c.starts_at, time_off.c.id))
        return [TimeOff(row["id"], row["provider_id"], row["starts_at"], row["ends_at"]) for row in rows]

    def add_time_off(self, off: TimeOff) -> None:
        """Store time off."""
        values = {"id": off.id, "provider_id": off.provider_id, "starts_at": off.start, "ends_at": off.end}
        self._insert(time_off, values, f"There is time off {off.id} already.")

    def remove_time_off(self, off_id: str) -> TimeOff:
        """Take time off away and return it."""
        missing = f"No time off {off_id!r}. See: syncd provider hours"
        row = self._one(select(time_off).where(time_off.c.id == off_id), missing)
        self._remove(time_off, off_id, missing)
        return TimeOff(row["id"], row["provider_id"], row["starts_at"], row["ends_at"])


class SqlFormKeys(Repository):
    """Form keys, in the database."""

    def take(self, key: str, now: datetime) -> bool:
        """Take a key; the unique row makes another that takes it at the same moment wait for this transaction."""
        try:
            self._insert(form_keys, {"key": key, "result": "", "used_at": now}, "That form was sent before.")
        except AlreadyExistsError:
            return False
        return True

    def keep(self, key: str, result: str) -> None:
        """Note where the sending that took the key led."""
        self._connection.execute(update(form_keys).where(form_keys.c.key == key).values(result=result))

    def result(self, key: str) -> str:
        """Return where the first sending led."""
        found: str | None = self._connection.execute(
            select(form_keys.c.result).where(form_keys.c.key == key)
        ).scalar_one_or_none()
        if found is None:
            raise NotFoundError("That form was never sent.")
        return found
