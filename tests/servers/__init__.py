"""CalDAV servers for tests, each on a free loopback port: real ones as processes, and a scripted one."""
