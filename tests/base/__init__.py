"""What the addons share: lines to other parties, printing, workers."""
