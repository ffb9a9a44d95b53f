"""The daemon: a scheduler that asks the store once a second which calendars are due, and workers that see to them.

``daemon`` starts, reloads and stops; ``workshop`` runs the workers, ``cycles`` one cycle, ``interrupt`` lets a cycle be
left between two requests, ``notify`` talks to systemd.
"""
