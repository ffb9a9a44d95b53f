"""What a calendar and an event cost, beside a bare `http.client` loop that makes the same requests in the same run.

Run as ``python -m tests.bench``. The server is a process of its own, so that only the client's CPU is counted.
"""
