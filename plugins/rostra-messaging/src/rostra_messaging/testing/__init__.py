"""What a test of messages needs."""
