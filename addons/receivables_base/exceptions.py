class ExchangeError(Exception):
    """What went wrong with another party, as data (rule 7 of the design).

    :param str kind: ``retry`` (passes by itself), ``final`` (the same would fail again)
        or ``invalid`` (what came cannot be read)
    :param str code: short, for programs and filters
    :param sentence: a lazy translation, for people: what happened and what to do
    :param int retry_after: seconds that the other party asks to wait
    :param bool is_line: the line is at fault and not what was sent over it, so whatever
        else would take it waits too
    """

    def __init__(self, kind, code, sentence, retry_after=0, is_line=False):
        super().__init__(code)
        self.kind = kind
        self.code = code
        self.sentence = sentence
        self.retry_after = retry_after
        self.is_line = is_line
