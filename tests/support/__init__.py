"""What the system tests are played with."""
