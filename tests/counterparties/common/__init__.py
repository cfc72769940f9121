"""What the programs that play the other party share."""
