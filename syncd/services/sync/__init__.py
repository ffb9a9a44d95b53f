"""Use cases about calendars: connect them, keep publications, and reconcile them in cycles and rounds."""
