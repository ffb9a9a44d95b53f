"""A provider's calendar as a read-only feed: its address, and what subscribers read there."""
