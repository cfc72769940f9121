"""What holds of the whole project, and the commands of the Makefile."""
