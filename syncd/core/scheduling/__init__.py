"""People, appointments and series, and the rules of booking and changing them. Knows no calendar."""
