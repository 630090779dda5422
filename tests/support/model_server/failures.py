"""How each vendor says that it will not answer."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support.model_server.turns import Fail


@dataclass(frozen=True)
class HttpAnswer:
    """A whole HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes


def failure(api: str, fail: Fail) -> HttpAnswer:
    """The answer of `api` for `fail`."""
    maker = {"anthropic": _anthropic, "gemini": _gemini, "openai_responses": _responses}.get(api, _openai)
    status, headers, body = maker(fail)
    return HttpAnswer(status, headers | {"Content-Type": "application/json"}, json.dumps(body).encode())


_Parts = tuple[int, dict[str, str], dict[str, Any]]

_ANTHROPIC = {
    "unauthorized": (401, "authentication_error", "invalid x-api-key"),
    "forbidden": (403, "permission_error", "Your API key does not have permission to use the specified resource."),
    "rate_limited": (
        429,
        "rate_limit_error",
        "This request would exceed your organization's rate limit of 50,000 input tokens per minute.",
    ),
    "quota": (429, "rate_limit_error", "This request would exceed your account's rate limit. Please try again later."),
    "credit": (
        400,
        "invalid_request_error",
        (
            "Your credit balance is too low to access the Anthropic API. "
            "Please go to Plans & Billing to upgrade or purchase credits."
        ),
    ),
    "server_error": (500, "api_error", "Internal server error"),
    "overloaded": (529, "overloaded_error", "Overloaded"),
    "too_long": (400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
    "no_model": (404, "not_found_error", "model: no-such-model"),
}


def _anthropic(fail: Fail) -> _Parts:
    status, kind, message = _ANTHROPIC[fail.kind]
    headers = {"request-id": "req_test"}
    if fail.kind in {"rate_limited", "quota"}:
        headers["retry-after"] = str(fail.seconds)
    if fail.kind == "quota":
        headers["anthropic-ratelimit-unified-status"] = "rejected"
        headers["anthropic-ratelimit-unified-reset"] = str(int(time.time()) + fail.seconds)
        headers["anthropic-ratelimit-unified-representative-claim"] = "five_hour"
    return status, headers, {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_test"}


_QUOTA = (
    "You exceeded your current quota, please check your plan and billing details. For more information on this error, "
    "read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors."
)
_OPENAI: dict[str, tuple[int, str, str | None, str]] = {
    "unauthorized": (401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided: test-key."),
    "forbidden": (403, "invalid_request_error", "unsupported_country_region_territory", "Country not supported"),
    "rate_limited": (
        429,
        "tokens",
        "rate_limit_exceeded",
        (
            "Rate limit reached for the model on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. "
            "Please try again in {seconds}s."
        ),
    ),
    "quota": (429, "insufficient_quota", "insufficient_quota", _QUOTA),
    "credit": (429, "insufficient_quota", "insufficient_quota", _QUOTA),
    "server_error": (
        500,
        "server_error",
        None,
        "The server had an error while processing your request. Sorry about that!",
    ),
    "overloaded": (503, "service_unavailable", None, "The engine is currently overloaded, please try again later"),
    "too_long": (
        400,
        "invalid_request_error",
        "context_length_exceeded",
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
    ),
    "no_model": (
        404,
        "invalid_request_error",
        "model_not_found",
        "The model `no-such-model` does not exist or you do not have access to it.",
    ),
}


def _openai(fail: Fail) -> _Parts:
    status, kind, code, message = _OPENAI[fail.kind]
    headers = {"x-request-id": "req_test"}
    if fail.kind in {"rate_limited", "quota"}:
        headers["retry-after"] = str(fail.seconds)
    text = message.format(seconds=fail.seconds)
    return status, headers, {"error": {"message": text, "type": kind, "param": None, "code": code}}


def _responses(fail: Fail) -> _Parts:
    if fail.kind != "quota":
        return _openai(fail)
    resets = {"resets_at": int(time.time()) + fail.seconds, "resets_in_seconds": fail.seconds, "plan_type": "plus"}
    return 429, {}, {"error": {"type": "usage_limit_reached", "message": "The usage limit has been reached", **resets}}


_GEMINI_QUOTA = (
    "You exceeded your current quota, please check your plan and billing details. For more information on this error, "
    "head to: https://ai.google.dev/gemini-api/docs/rate-limits.\nPlease retry in {seconds}s."
)
_GEMINI = {
    "unauthorized": (401, "UNAUTHENTICATED", "API keys are not supported by this API. Expected OAuth2 access token."),
    "forbidden": (403, "PERMISSION_DENIED", "The caller does not have permission"),
    "rate_limited": (429, "RESOURCE_EXHAUSTED", _GEMINI_QUOTA),
    "quota": (429, "RESOURCE_EXHAUSTED", _GEMINI_QUOTA),
    "credit": (
        429,
        "RESOURCE_EXHAUSTED",
        "Your prepayment credits are depleted. Please go to AI Studio to manage your project and billing.",
    ),
    "server_error": (500, "INTERNAL", "An internal error has occurred. Please retry."),
    "overloaded": (503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    "too_long": (
        400,
        "INVALID_ARGUMENT",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    ),
    "no_model": (404, "NOT_FOUND", "models/no-such-model is not found for API version v1beta."),
}


def _gemini(fail: Fail) -> _Parts:
    status, name, message = _GEMINI[fail.kind]
    error = {"code": status, "message": message.format(seconds=fail.seconds), "status": name}
    if fail.kind in {"rate_limited", "quota"}:
        period = "PerDay" if fail.kind == "quota" else "PerMinute"
        error |= {"details": _gemini_details(period, fail.seconds)}
    return status, {}, {"error": error}


def _gemini_details(period: str, seconds: int) -> list[dict[str, Any]]:
    google = "type.googleapis.com/google.rpc."
    violation = {
        "quotaMetric": "generativelanguage.googleapis.com/generate_content_free_tier_requests",
        "quotaId": f"GenerateRequests{period}PerProjectPerModel-FreeTier",
        "quotaDimensions": {"location": "global", "model": "gemini-2.5-flash"},
        "quotaValue": "50",
    }
    return [
        {"@type": f"{google}QuotaFailure", "violations": [violation]},
        {"@type": f"{google}RetryInfo", "retryDelay": f"{seconds}s"},
    ]
