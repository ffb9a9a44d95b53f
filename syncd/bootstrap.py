"""The composition root: builds the adapters that the settings ask for and hands them to the services."""
