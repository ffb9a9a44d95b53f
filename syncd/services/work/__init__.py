"""The one mechanism by which work comes due, is taken, done and given back. What work there is stands in
``services/kinds``.

Here live leases with their heartbeats, the store that only the holder of a lease can write to, the one stop that all
work heeds, and the runner of threads. Nothing here knows what a unit does.
"""
