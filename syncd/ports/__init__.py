"""All that syncd needs from the world, as Protocols and plain values: calendars, the store, mail.

A port names no technology; its contract is the docstring and the contract suite that every adapter passes.
"""
