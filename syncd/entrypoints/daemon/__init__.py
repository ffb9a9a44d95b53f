"""The daemon: a scheduler that ticks once a second, and the runner of threads that does what is due.

``daemon`` starts, reloads and stops; ``notify`` talks to systemd. What work there is stands in ``services/kinds``.
"""
