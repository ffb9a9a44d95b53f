"""The interface contract's JSON: plain data for what services return, alike for command line, API and pages.

One module a subject. A document is for programs and for what draws pages from it; nothing reads one back.
"""
