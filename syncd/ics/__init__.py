"""RFC 5545 and RFC 5546 text to core values and back. Pure: bytes in, values out, and the other way round.

The only package that imports icalendar.
"""
