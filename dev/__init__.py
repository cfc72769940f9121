"""The bootstrap behind `make`. Nothing here ships with the addons."""
