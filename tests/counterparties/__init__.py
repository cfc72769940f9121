"""Programs that play the other party. They share no code with the addons."""
