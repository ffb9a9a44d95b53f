"""Comparison by meaning: what a provider did to what we published, told from what programs rewrite.

Pure and symmetric in what it finds: what differs one way differs the other way, on the same instances and fields.
"""

from syncd.core.events.comparison.redaction import is_redacted
from syncd.core.events.comparison.verdict import compare, same_meaning

__all__ = ["compare", "is_redacted", "same_meaning"]
