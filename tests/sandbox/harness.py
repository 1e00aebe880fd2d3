"""Runs the pretend Sentry and talks to it. Needs nothing but Python and the binary."""

import base64
import functools
import hashlib
import hmac
import http.client
import json
import os
import secrets
import ssl
import subprocess
import time
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("POSTERN_BIN_DIR", ROOT / "build" / "dev" / "bin")).resolve()
SECONDS = 60  # the bound of anything that waits

CLIENT = {"client_id": "sandbox-client", "client_secret": "sandbox-secret"}
CALLBACK = "http://127.0.0.1:5555/oauth/callback"


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    def rate(self, name):
        """A rate-limit header as a number, None when absent."""
        value = self.headers.get("X-Sentry-Rate-Limit-" + name)
        return None if value is None else int(value)


class Sandbox:
    def __init__(self, folder, *flags):
        self.folder = Path(folder)
        self.plain = "--http" in flags
        argv = [BIN / "postern-sandbox", "--listen", "127.0.0.1:0", "--port-file",
                self.folder / "port", "--ca-out", self.folder / "ca.pem", "--grant-out",
                self.folder / "grant.json", *flags]
        self.log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen(list(map(str, argv)), stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + SECONDS
        while not (self.folder / "port").exists():
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline, "the sandbox does not start"
            time.sleep(0.02)
        self.port = int((self.folder / "port").read_text())
        self.grant = json.loads((self.folder / "grant.json").read_text())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        status = self.process.wait(SECONDS)
        self.log.close()
        text = (self.folder / "log").read_text(errors="replace")
        assert status == 0, text
        assert "Sanitizer" not in text and "runtime error" not in text, text

    @functools.cached_property
    def trust(self):
        """A client context that trusts this sandbox's authority and no other."""
        return ssl.create_default_context(cafile=str(self.folder / "ca.pem"))

    def connect(self):
        if self.plain:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=SECONDS,
                                           context=self.trust)

    def fetch(self, method, target, headers=None, body=None):
        connection = self.connect()
        try:
            connection.request(method, target, body=body, headers=headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def api(self, method, target, body=None, token=None, headers=None):
        """A call below /api/0/ with a token, the ready grant's when none is given."""
        sent = {"Authorization": "Bearer " + (token or self.token), **(headers or {})}
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        return self.fetch(method, "/api/0/" + target, sent, body)

    def form(self, path, fields, headers=None):
        sent = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return self.fetch("POST", path, sent, urllib.parse.urlencode(fields).encode())

    def token_call(self, headers=None, **fields):
        return self.form("/oauth/token/", fields, headers)

    def refresh(self, refresh_token):
        return self.token_call(grant_type="refresh_token", refresh_token=refresh_token, **CLIENT)

    def control(self, order, /, **fields):
        """An order such as `limits`; the fields are in README.md."""
        answer = self.form("/_sandbox/" + order, fields)
        assert answer.status == 200, answer.body
        return answer.json

    def state(self):
        return self.fetch("GET", "/_sandbox/state").json

    def new_grant(self, **fields):
        return self.control("grants", **fields)

    def grant_counts(self, access_token):
        """The counts of the grant that has this access token now."""
        grants = self.fetch("GET", "/_sandbox/grants").json
        return next(g for g in grants if g["access_token"] == access_token)

    def authorize_installation(self, uuid, headers=None, **body):
        """A request for a token of an installation; fields that are None are left out."""
        body = {k: v for k, v in body.items() if v is not None}
        sent = {"Content-Type": "application/json", **(headers or {})}
        path = f"/api/0/sentry-app-installations/{uuid}/authorizations/"
        return self.fetch("POST", path, sent, json.dumps(body).encode())

    def installations(self):
        """What the sandbox knows of each installation, by uuid."""
        return {i["uuid"]: i for i in self.fetch("GET", "/_sandbox/installations").json}

    @property
    def token(self):
        return self.grant["access_token"]

    def authorize(self, **changes):
        """GET of the consent page: the answer, and the PKCE verifier that fits the challenge."""
        verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        fields = {"response_type": "code", "client_id": "sandbox-client",
                  "redirect_uri": CALLBACK, "scope": "org:read event:write", "state": "s t&1",
                  "code_challenge": base64url(digest),
                  "code_challenge_method": "S256", **changes}
        fields = {k: v for k, v in fields.items() if v is not None}
        return self.fetch("GET", "/oauth/authorize/?" + urllib.parse.urlencode(fields)), verifier

    def code(self, **changes):
        """A fresh code, by automatic consent, and its verifier."""
        self.control("oauth", auto_approve=1)
        answer, verifier = self.authorize(**changes)
        assert answer.status == 302, answer.body
        return redirected(answer)["code"], verifier


def assertion(client_id, client_secret, header=None, **changes):
    """A JWT as an integration signs it; claims that are None are left out."""
    now = int(time.time())
    claims = {"iss": client_id, "sub": client_id, "iat": now - 5, "exp": now + 60,
              "jti": secrets.token_hex(16), **changes}
    parts = [header or {"alg": "HS256", "typ": "JWT"},
             {k: v for k, v in claims.items() if v is not None}]
    text = ".".join(base64url(json.dumps(part).encode()) for part in parts)
    signature = hmac.new(client_secret.encode(), text.encode(), hashlib.sha256).digest()
    return text + "." + base64url(signature)


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def redirected(answer):
    """The query of the address that an answer redirects to."""
    query = urllib.parse.urlsplit(answer.headers["Location"]).query
    return dict(urllib.parse.parse_qsl(query))
