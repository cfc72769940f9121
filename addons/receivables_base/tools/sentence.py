from odoo.tools.translate import LazyGettext, get_translation


class Sentence:
    """A sentence that a record keeps and everybody reads in a language of theirs.

    A job has no reader yet when it notes what happened, so what is kept is the English
    source and its arguments, as JSON: ``{"source", "module", "args"}``. A text that is
    somebody else's (an agency's answer, core's own fault) stays as it came:
    ``{"text"}``.
    """

    @classmethod
    def store(cls, sentence):
        """Return what a Json field keeps.

        :param sentence: a lazy translation (``_lt``), a text, an exception whose first
            argument is one of these, or nothing
        """
        if isinstance(sentence, BaseException):
            sentence = getattr(sentence, "sentence", None) or (
                sentence.args[0] if sentence.args else str(sentence)
            )
        if not sentence:
            return False
        if isinstance(sentence, dict):
            return sentence
        if not isinstance(sentence, LazyGettext):
            return {"text": _kept(str(sentence))}
        return {
            "source": sentence._source,
            "module": sentence._module,
            "args": _plain(sentence._args),
        }

    @classmethod
    def read(cls, stored, env):
        """Return the sentence in the reader's language; empty for nothing."""
        if not stored:
            return ""
        if "source" not in stored:
            return stored.get("text") or ""
        return get_translation(
            stored["module"],
            env.lang or "en_US",
            stored["source"],
            _readable(stored["args"], env),
        )


def _kept(text):
    """PostgreSQL takes neither NUL nor half a character."""
    text = text.replace("\x00", "\N{SYMBOL FOR NULL}")
    return text.encode("utf-8", "replace").decode()


def _plain(args):
    if isinstance(args, dict):
        return {key: _plain_value(value) for key, value in args.items()}
    return [_plain_value(value) for value in args]


def _plain_value(value):
    if isinstance(value, LazyGettext):
        return Sentence.store(value)
    if isinstance(value, dict):  # a sentence that is kept already
        return value
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (list, tuple, set)):
        return [_plain_value(item) for item in value]
    return _kept(str(value))


def _readable(args, env):
    """Arguments as they were, those that are sentences themselves read."""
    if isinstance(args, dict):
        return {key: _readable_value(value, env) for key, value in args.items()}
    return tuple(_readable_value(value, env) for value in args)


def _readable_value(value, env):
    return Sentence.read(value, env) if isinstance(value, dict) else value
