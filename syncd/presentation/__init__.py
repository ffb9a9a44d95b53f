"""What people and programs are shown, alike by command line, API and pages: documents, labels, dates, before → after.

Pure functions from the values of ``core`` and of what ``services`` return to plain data and text. No I/O, no clock,
and no knowledge of who shows it: a terminal's colours, a page's markup and an exit code belong to ``entrypoints``.
"""
