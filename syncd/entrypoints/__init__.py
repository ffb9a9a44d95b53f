"""Thin edges: command line, daemon, demo. They parse, call a service and show what came back."""
