"""What a practice's record costs after years: a large database, and how long everything takes over it."""
