"""Calendars on CalDAV servers (RFC 4791, 6578, 6638): the real adapter of the calendar port.

Requests go over plain pooled connections: an idle calendar must cost next to nothing, and a total time-out, a bounded
answer and "no credentials to another host" must hold for each of them. What a server does is learned from its answers
and remembered as capabilities; there is no list of products. Nothing here reads iCalendar.
"""

from syncd.adapters.caldav.servers import CalDavServers

__all__ = ["CalDavServers"]
