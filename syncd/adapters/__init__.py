"""One package per outside system, ignorant of each other: caldav, db, memory (a shipped fake), mail files."""
