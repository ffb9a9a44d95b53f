"""Taking over what another system has on record."""
