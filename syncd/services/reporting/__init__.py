"""What admins read: status, check, drift report and digest. Changes nothing."""
