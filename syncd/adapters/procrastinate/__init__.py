"""Due work spread over many processes and machines by jobs of Procrastinate, in the practice's own PostgreSQL.

A job carries a batch of subjects that are due, and nothing that matters: when something is due, who has it and how it
went stays in the record of work, where whoever takes a unit is asked again. So a job that is lost, doubled or late
costs nothing but time. Only this package knows Procrastinate.
"""

from syncd.adapters.procrastinate.jobs import Jobs, install

__all__ = ["Jobs", "install"]
