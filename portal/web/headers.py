"""Headers that every answer carries."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, request

from portal.settings import Settings

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "media-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-src 'none'",
        "report-uri /csp-report",
    )
)
_FEATURES: Final = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "usb",
    "xr-spatial-tracking",
)
_PERMISSIONS: Final = ", ".join(f"{feature}=()" for feature in _FEATURES)
_YEAR: Final = 365 * 24 * 3600


def init_app(app: Flask, settings: Settings) -> None:
    """Add the headers after every request, errors and static files included."""

    @app.after_request
    def harden(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", POLICY)
        headers["X-Content-Type-Options"] = "nosniff"
        secret = "token" in (request.view_args or {})
        headers.setdefault("Referrer-Policy", "no-referrer" if secret else "strict-origin-when-cross-origin")
        headers["Permissions-Policy"] = _PERMISSIONS
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if settings.https:
            headers["Strict-Transport-Security"] = f"max-age={_YEAR}; includeSubDomains"
        if request.endpoint not in {"static", "web.stylesheet"} or response.status_code >= 400:
            headers.setdefault("Cache-Control", "no-store")
        return response


def keep_secret(response: Response) -> Response:
    """Mark the answer of a page whose address holds a token: kept nowhere, and no referrer sent."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
