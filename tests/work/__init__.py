"""Tests of the one mechanism of work: leases, runner, and what happens between use cases."""
