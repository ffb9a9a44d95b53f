"""Alerts: when somebody is told of what, over which channel."""
