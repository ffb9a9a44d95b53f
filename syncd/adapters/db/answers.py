"""Kept answers, in the database."""

from sqlalchemy import delete, select

from syncd.adapters.db.api_tables import kept_answers
from syncd.adapters.db.rows import Repository
from syncd.core.access.answers import KeptAnswer


class SqlKeptAnswers(Repository):
    """Answers by the hash of key and sender."""

    def add(self, answer: KeptAnswer) -> None:
        """Store a new one; of two at the same moment the second waits for the first, and is refused."""
        self._insert(kept_answers, _values(answer), "That key is in use already.")

    def find(self, answer_id: str) -> KeptAnswer | None:
        """Return one."""
        rows = self._many(select(kept_answers).where(kept_answers.c.id == answer_id))
        return KeptAnswer(**rows[0]) if rows else None

    def save(self, answer: KeptAnswer) -> None:
        """Store a changed one."""
        self._save(kept_answers, _values(answer), "That key is forgotten.")

    def remove(self, answer_id: str) -> None:
        """Forget one."""
        self._connection.execute(delete(kept_answers).where(kept_answers.c.id == answer_id))


def _values(answer: KeptAnswer) -> dict[str, object]:
    return {name: getattr(answer, name) for name in KeptAnswer.__slots__}
