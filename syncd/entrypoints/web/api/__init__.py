"""The API at /api/v1: the operations of the command line, with the same documents and error codes.

One module a subject; ``shapes`` says what each takes and gives. Routes parse, call a service and show what it returned.
"""
