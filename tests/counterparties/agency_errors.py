"""Refusals of the agency: a code for programs, a sentence for people."""

from __future__ import annotations

STATUS = {
    "validation_failed": 400,
    "invalid_client": 401,
    "token_invalid": 401,
    "token_expired": 401,
    "creditor_not_active": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "duplicate_reference": 409,
    "duplicate_invoice": 409,
    "action_not_available": 409,
    "case_closed": 409,
    "version_conflict": 409,
    "idempotency_in_flight": 409,
    "length_required": 411,
    "attachment_too_large": 413,
    "request_too_large": 413,
    "unsupported_media_type": 415,
    "currency_not_supported": 422,
    "non_positive_amount": 422,
    "amount_exceeds_capital": 422,
    "org_number_missing": 422,
    "address_incomplete": 422,
    "too_early": 422,
    "too_old": 422,
    "debtor_excluded": 422,
    "service_not_agreed": 422,
    "agreement_number_unknown": 422,
    "onboarding_incomplete": 422,
    "terms_outdated": 422,
    "idempotency_conflict": 422,
    "rate_limited": 429,
    "internal_error": 500,
}


class ApiError(Exception):
    """A request the agency does not take; its code decides the HTTP status."""

    def __init__(
        self,
        code: str,
        message: str,
        fields: list[dict] | None = None,
        headers: dict[str, str] | None = None,
        **details: object,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fields = fields or []
        self.headers = headers or {}
        self.details = details

    @property
    def status(self) -> int:
        return STATUS[self.code]

    def content(self, trace_id: str) -> dict:
        return {
            "code": self.code,
            "message": self.message,
            "field_errors": self.fields,
            "details": self.details,
            "trace_id": trace_id,
        }


def fault(field: str, code: str, message: str) -> dict:
    """One entry of `field_errors`."""
    return {"field": field, "code": code, "message": message}


def invalid(field: str, code: str, message: str) -> ApiError:
    """A request with one malformed field."""
    return ApiError("validation_failed", message, [fault(field, code, message)])


def missing(what: str) -> ApiError:
    return ApiError("not_found", f"There is no such {what}.")
