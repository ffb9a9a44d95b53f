"""The drift report drawn from its plain data: a page, a table, a digest for mail. No figure is worked out here."""

from syncd.adapters.report.page import report_digest, report_page
from syncd.adapters.report.table import report_table

__all__ = ["report_digest", "report_page", "report_table"]
