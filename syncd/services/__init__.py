"""Use cases over ports, one transaction each: book, reschedule, cancel; observe, reconcile, apply; decide a drift."""
