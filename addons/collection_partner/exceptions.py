from odoo.addons.receivables_base.exceptions import ExchangeError


class AgencyError(ExchangeError):
    """A call to an agency that did not succeed, as data.

    :param str kind: besides those of every exchange ``conflict``: the agency has it
        already, in another form
    :param str code: the agency's own code, or ``internal_error``, ``invalid_answer``,
        ``wrong_credentials``, ``not_printed``
    :param dict details: texts that the agency adds, such as ``existing_case_id``
    """

    def __init__(
        self, kind, code, sentence, *, details=None, retry_after=0, is_line=False
    ):
        super().__init__(kind, code, sentence, retry_after, is_line)
        self.details = details or {}
