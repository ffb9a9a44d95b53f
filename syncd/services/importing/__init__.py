"""Taking over what another system has on record: people and sessions, line by line, as often as one likes."""
