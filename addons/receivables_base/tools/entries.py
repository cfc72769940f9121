"""A journal entry whose items its writer has worked out already."""

#: Nothing of it is an invoice's to be completed. Its balance is checked when it is
#: posted.
AS_IT_IS = {
    "check_move_validity": False,
    "skip_invoice_sync": True,
    "skip_invoice_line_sync": True,
    "skip_is_manually_modified": True,
    "skip_analytic_sync": True,
    "tracking_disable": True,
}
#: What would else be worked out for each journal item.
PLAIN = {"display_type": "product", "tax_ids": [], "analytic_distribution": False}
