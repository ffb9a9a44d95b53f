"""Use cases about people, appointments and series: book, reschedule, cancel, extend, look up."""
