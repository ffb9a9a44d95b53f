"""The functional core: frozen values and pure rules of appointments, snapshots, drift, decision and plan.

Nothing here reads a clock, a file, a database or a setting, and nothing here logs: what a rule needs is an argument.
"""
