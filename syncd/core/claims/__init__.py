"""Claims: what holds them, and what a billing system is about to send."""
