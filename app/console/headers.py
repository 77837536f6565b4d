"""What every answer tells the browser to keep to."""

from itertools import chain

from flask import Flask, Response, abort, request

# No script or style but our own files, nothing from anywhere else, and no page of ours in a frame.
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",  # the picture that an app for codes reads
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
_A_YEAR = 31_536_000


def refuse_the_unreadable(app: Flask) -> None:
    """Answer 400 to whatever holds a NUL: no keyboard writes one, and no database keeps it."""

    @app.before_request
    def refuse() -> None:
        sent = chain.from_iterable(
            (name, *values)
            for some in (request.args, request.form)
            for name, values in some.lists()
        )
        if "\0" in request.path or any("\0" in text for text in sent):
            abort(400)


def guard_answers(app: Flask, *, https: bool, sign_in_at: str = "") -> None:
    """
    Set the security headers of each answer; *sign_in_at* is the city's own provider, if any.

    Source: OWASP ASVS 4.0, 14.4; CSP level 3.
    """
    to = f"{_POLICY['form-action']} {sign_in_at}".strip()
    policy = {**_POLICY, "form-action": to}
    written = "; ".join(f"{name} {value}" for name, value in policy.items())

    @app.after_request
    def guard(response: Response) -> Response:
        headers = response.headers
        headers["Content-Security-Policy"] = written
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if https:
            headers["Strict-Transport-Security"] = f"max-age={_A_YEAR}; includeSubDomains"
        if response.mimetype in {"text/css", "text/javascript"}:
            headers["Cache-Control"] = f"public, max-age={_A_YEAR}, immutable"
        else:
            headers["Cache-Control"] = "private, no-store"
            headers["X-Robots-Tag"] = "noindex, nofollow"
        return response
