"""Who may write to the FHIR server of the tests: fixed bearer tokens, and SMART Backend Services.

A client proves itself with a signed JWT (RS384 or ES384) at the token endpoint and gets a token that lives for a while.
The signature is checked by the `openssl` program, so that nothing has to be installed.
"""

import base64
import json
import secrets
import subprocess
import tempfile
import threading
import time

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_LIFE_S = 300  # SMART: the assertion expires at most five minutes ahead
CLOCK_SKEW_S = 5


class Denied(Exception):
    """An OAuth error: its code and the reason."""

    def __init__(self, code, text):
        super().__init__(text)
        self.body = {"error": code, "error_description": text}


class Auth:
    """`tokens` are taken as they are; `clients` maps a client id to its public key (PEM text)."""

    def __init__(self, tokens=(), clients=None, token_life_s=300):
        self.fixed = set(tokens)
        self.clients = dict(clients or {})
        self.token_life_s = token_life_s
        self.issued = {}
        self.jti = set()
        self.lock = threading.Lock()

    @property
    def wanted(self):
        return bool(self.fixed or self.clients)

    def admits(self, header):
        """Whether an Authorization header opens the door."""
        scheme, _, token = (header or "").partition(" ")
        with self.lock:
            lives = self.issued.get(token, 0) > time.time()
        return not self.wanted or (scheme.lower() == "bearer" and (token in self.fixed or lives))

    def revoke(self):
        """Every issued token is worth nothing from now on."""
        with self.lock:
            self.issued.clear()

    def token(self, form, token_url):
        """Answers the token endpoint's form (name → value)."""
        if form.get("grant_type") != "client_credentials":
            raise Denied("unsupported_grant_type", "grant_type has to be client_credentials")
        if form.get("client_assertion_type") != ASSERTION:
            raise Denied("invalid_request", "client_assertion_type has to be jwt-bearer")
        if not form.get("scope", "").startswith("system/"):
            raise Denied("invalid_scope", "a system scope is needed")
        self._judge(form.get("client_assertion", ""), token_url)
        token = secrets.token_urlsafe(24)
        with self.lock:
            self.issued[token] = time.time() + self.token_life_s
        return {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": self.token_life_s,
            "scope": form["scope"],
        }

    def _judge(self, assertion, token_url):
        try:
            head, body, signature = assertion.split(".")
            header, claims = (json.loads(unpadded(part)) for part in (head, body))
            signed = unpadded(signature)
        except ValueError as error:
            raise Denied("invalid_client", f"the assertion is no JWT: {error}") from error
        if header.get("alg") not in ("RS384", "ES384") or header.get("typ") != "JWT" or not header.get("kid"):
            raise Denied("invalid_client", "the JWT's header needs alg RS384 or ES384, typ JWT and a kid")
        client = claims.get("iss")
        if client not in self.clients or claims.get("sub") != client:
            raise Denied("invalid_client", "iss and sub have to be a registered client's id")
        if claims.get("aud") != token_url:
            raise Denied("invalid_client", f"aud has to be {token_url}")
        now = time.time()
        expires = claims.get("exp", 0)
        if not now - CLOCK_SKEW_S < expires <= now + LONGEST_LIFE_S + CLOCK_SKEW_S:
            raise Denied("invalid_client", "exp has to lie within the next five minutes")
        if not verify(self.clients[client], header["alg"], f"{head}.{body}".encode(), signed):
            raise Denied("invalid_client", "the signature does not fit the key")
        with self.lock:
            if not claims.get("jti") or claims["jti"] in self.jti:
                raise Denied("invalid_client", "jti is missing or was used before")
            self.jti.add(claims["jti"])


def unpadded(text):
    """Bytes of base64url text without padding; ValueError when it is none."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verify(public_key, algorithm, data, signature):
    """Whether openssl accepts the signature over the data."""
    if algorithm == "ES384":
        if len(signature) != 96:
            return False
        signature = der_signature(signature[:48], signature[48:])
    with tempfile.NamedTemporaryFile() as key, tempfile.NamedTemporaryFile() as proof:
        key.write(public_key.encode())
        key.flush()
        proof.write(signature)
        proof.flush()
        command = ["openssl", "dgst", "-sha384", "-verify", key.name, "-signature", proof.name]
        return subprocess.run(command, input=data, capture_output=True, check=False).returncode == 0


def der_signature(*numbers):
    """JOSE writes an ECDSA signature as two bare numbers, openssl wants an ASN.1 sequence of two integers."""
    body = b""
    for number in numbers:
        number = number.lstrip(b"\0") or b"\0"
        if number[0] & 0x80:
            number = b"\0" + number
        body += bytes([2, len(number)]) + number
    return bytes([0x30, len(body)]) + body
