"""The demo: the main job on sample data, against a CalDAV server that it brings along.

``server`` is the calendar server, ``practice`` the sample data, ``apps`` the providers' calendar programs with their
edits, ``story`` plays it all, ``picture`` draws what came of it.
"""
