"""CalDAV servers for tests, each on a free port of the loopback interface: real ones as processes, and a scripted one."""
