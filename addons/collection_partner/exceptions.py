class AgencyError(Exception):
    """A call to an agency that did not succeed, as data.

    :param str kind: ``retry`` (the same call may succeed later), ``final`` (it never
        will: somebody has to mend something) or ``conflict`` (the agency has it
        already, in another form)
    :param str code: the agency's own code, or ``network``, ``timeout``,
        ``invalid_answer``, ``not_configured``, ``insecure_url``
    :param str message: a sentence for a bookkeeper
    :param dict details: what the agency adds, such as ``existing_case_id``
    :param retry_after: seconds that the agency asks to wait, or None
    :param http_status: status of the answer, or None when there was none
    :param answer: the answer's bytes, or None
    """

    def __init__(
        self,
        kind,
        code,
        message,
        *,
        details=None,
        retry_after=None,
        http_status=None,
        answer=None,
    ):
        super().__init__(message)
        self.kind = kind
        self.code = code
        self.message = message
        self.details = details or {}
        self.retry_after = retry_after
        self.http_status = http_status
        self.answer = answer
