"""What a person decides about drifts and held calendars; changes appointments and calendars together."""
