"""Refusals of the kiosk program itself, to whoever controls it."""

from __future__ import annotations


class KioskError(Exception):
    """What was asked of the kiosk is not possible; a sentence says why."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.sentence = sentence


def invalid(sentence: str) -> KioskError:
    """A request with a malformed field."""
    return KioskError(400, "invalid", sentence)


def missing(what: str) -> KioskError:
    return KioskError(404, "not_found", f"There is no such {what}.")


def impossible(sentence: str) -> KioskError:
    """Well-formed, but not now or not with this protocol."""
    return KioskError(409, "not_possible", sentence)
