"""Stories of consumers, their banks and the invoicer."""
