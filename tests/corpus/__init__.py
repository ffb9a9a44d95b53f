"""Pairs of bodies before and after an edit or a rewrite, as calendar programs make them, each with its verdict.

Written for these tests; none was taken from a calendar. The published event is a Tuesday session in New York.
"""
