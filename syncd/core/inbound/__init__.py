"""What mail that comes in means: whose answer it is, whether it is believed, what follows. Pure; nothing is sent."""
