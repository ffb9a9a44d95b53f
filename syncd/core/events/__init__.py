"""The meaning of an event: snapshots, recurrence rules, what differs between two bodies. No calendars, no claims."""
