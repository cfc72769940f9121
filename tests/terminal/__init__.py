"""Stories of payments at kiosks."""
