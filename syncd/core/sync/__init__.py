"""What should stand in a calendar and what is done about what does: decision, plan, policy, guards, drift."""
