"""What goes wrong with calendars and their servers, at the level of whole cycles over the real CalDAV adapter."""
