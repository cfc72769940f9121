"""Stories of debtors, the agency and the creditor."""
