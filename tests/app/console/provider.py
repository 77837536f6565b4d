"""A provider as the city's own: OpenID Connect over real HTTP, with made-up people."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Flask, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

CLIENT, SECRET = "beredskap", "hemligt mellan två tjänster"


@dataclass
class Provider:
    """Where it is, and what it says of whoever signs in there."""

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    nonces: dict[str, str] = field(default_factory=dict)
    key: Any = field(default_factory=lambda: RSAKey.generate_key(2048))


@contextmanager
def providing() -> Iterator[Provider]:
    """A provider that lets everybody in without asking."""
    provider = Provider()
    server = make_server("127.0.0.1", 0, _app(provider), threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _app(provider: Provider) -> Flask:
    app = Flask("provider")

    @app.get("/.well-known/openid-configuration")
    def configuration() -> Response:
        at = provider.issuer
        return jsonify(
            issuer=at,
            authorization_endpoint=f"{at}/authorize",
            token_endpoint=f"{at}/token",
            jwks_uri=f"{at}/keys",
            id_token_signing_alg_values_supported=["RS256"],
            response_types_supported=["code"],
            subject_types_supported=["public"],
        )

    @app.get("/authorize")
    def authorize() -> Response:
        provider.nonces["a code"] = request.args["nonce"]
        back = {"code": "a code", "state": request.args["state"]}
        return redirect(f"{request.args['redirect_uri']}?{urlencode(back)}")

    @app.post("/token")
    def token() -> Response:
        now = int(time.time())
        claims = {
            "iss": provider.issuer,
            "aud": CLIENT,
            "sub": "123",
            "iat": now,
            "exp": now + 60,
            "nonce": provider.nonces[request.form["code"]],
            **provider.claims,
        }
        signed = jwt.encode({"alg": "RS256"}, claims, provider.key)
        return jsonify(access_token="x", token_type="Bearer", id_token=signed, expires_in=60)

    @app.get("/keys")
    def keys() -> Response:
        return Response(
            json.dumps({"keys": [provider.key.as_dict(private=False)]}),
            mimetype="application/json",
        )

    return app


def query_of(address: str) -> dict[str, str]:
    """What an address asks for."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
