"""The port to remote calendars, reading and writing apart. Knows neither HTTP nor iCalendar."""
