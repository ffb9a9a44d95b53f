"""syncd keeps a practice's appointments true in its providers' own calendars.

Layers, outermost first; each imports only what stands to its right:
``entrypoints > bootstrap > settings > (adapters | services) > ports > ics > core``.
"""

__version__ = "0.1.0"
