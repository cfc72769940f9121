"""Refusals of the agency: a code for programs, a sentence for people."""

from typing import Any

_CODES = {
    400: "validation_failed",
    401: "invalid_client token_invalid token_expired",
    403: "creditor_not_active",
    404: "not_found",
    405: "method_not_allowed",
    409: "duplicate_reference duplicate_invoice action_not_available case_closed"
    " version_conflict idempotency_in_flight",
    411: "length_required",
    413: "attachment_too_large request_too_large",
    415: "unsupported_media_type",
    422: "currency_not_supported non_positive_amount amount_exceeds_capital"
    " org_number_missing address_incomplete too_early too_old debtor_excluded"
    " service_not_agreed agreement_number_unknown onboarding_incomplete"
    " terms_outdated idempotency_conflict",
    429: "rate_limited",
    500: "internal_error",
}
STATUS = {code: status for status, codes in _CODES.items() for code in codes.split()}
# the order in which the first broken rule names the refusal
ORDER = list(STATUS)


class ApiError(Exception):
    """A request the agency does not take; its code decides the HTTP status."""

    def __init__(
        self,
        code: str,
        message: str,
        details: dict | None = None,
        faults: list[dict] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.status = code, STATUS[code]
        self.faults, self.headers = faults or [], headers or {}
        self.details = details or {}

    def content(self, trace: str) -> dict:
        """As the contract shows it."""
        return {
            "code": self.code,
            "message": str(self),
            "field_errors": self.faults,
            "details": self.details,
            "trace_id": trace,
        }


def fault(field: str, code: str, message: str) -> dict:
    """One entry of `field_errors`."""
    return {"field": field, "code": code, "message": message}


def invalid(field: str, code: str, message: str, **details: Any) -> ApiError:
    """A request with one wrong field; the code may be one of the whole refusal."""
    whole = code if code in STATUS else "validation_failed"
    return ApiError(whole, message, details, [fault(field, code, message)])


def missing(what: str) -> ApiError:
    return ApiError("not_found", f"There is no such {what}.")
