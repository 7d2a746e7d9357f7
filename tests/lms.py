"""A stand-in for a learning platform's side of LTI 1.3: signs people in, says who they are, takes scores.

It is strict where Canvas and Moodle are: only addresses and clients that it knows, only scores with a token that it gave for a
request that the desk has signed. `person` is whoever is signed in at it.
"""

import html
import json
import re
import threading
import time
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/"
MEMBER = "http://purl.imsglobal.org/vocab/lis/v2/membership"
LEARNER, TEACHER = f"{MEMBER}#Learner", f"{MEMBER}#Instructor"
CLIENT, DEPLOYMENT, COURSE = "10000000000007", "1:8865aa05b4", "4dde05e8ca"


class Lms:
    """One platform.

    Attributes
    ----------
    desk : str
        The address of the one desk that it knows, without a "/" at its end.
    issuer : str
    key : RSAPrivateKey
    key_name : str
    person : dict
        Claims about whoever is signed in.
    scores : list of (str, dict)
        What was taken: the address's path with its query, and the message.
    answers : int
        The status with which scores and requests for tokens are answered.
    asked_for_keys, tokens : int
        How often it was asked for its keys, and how many access tokens it gave.
    """

    def __init__(self):
        self.desk = ""
        self.person, self.scores, self.answers = {}, [], 200
        self.asked_for_keys, self.tokens, self._access = 0, 0, uuid.uuid4().hex
        self.change_key("one")
        lms = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                lms._get(self)

            def do_POST(self):
                lms._post(self)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._closing = threading.Event()
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"

    def close(self):
        """Be gone."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def change_key(self, name):
        """Sign with a new key, of another name, from now on."""
        self.key, self.key_name = rsa.generate_private_key(public_exponent=65537, key_size=2048), name

    def entry(self, **changes):
        """What the desk's settings say of it."""
        return {"issuer": self.issuer, "client_id": CLIENT, "auth_url": f"{self.issuer}/auth", "token_url": f"{self.issuer}/token",
                "keys_url": f"{self.issuer}/keys", "deployment_ids": [DEPLOYMENT], "context_ids": [COURSE]} | changes

    def claims(self, nonce, **changes):
        """What it says about the person; a change to None leaves a claim out."""
        now = int(time.time())
        said = {
            "iss": self.issuer, "aud": CLIENT, "azp": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce, "sub": "17",
            "deployment_id": DEPLOYMENT, "version": "1.3.0", "message_type": "LtiResourceLinkRequest", "roles": [LEARNER],
            "context": {"id": COURSE}, "resource_link": {"id": "link"}, "target_link_uri": f"{self.desk}/lti/launch",
            f"{AGS}claim/endpoint": {"scope": [f"{AGS}scope/score"], "lineitem": f"{self.issuer}/lineitems/5/lineitem?type_id=1"},
        } | self.person | changes
        ours = {"deployment_id", "version", "message_type", "roles", "context", "resource_link", "target_link_uri", "custom", "ext"}
        return {LTI + name if name in ours else name: value for name, value in said.items() if value is not None}

    def token(self, nonce, key=None, algorithm="RS256", headers=None, **changes):
        """That, signed."""
        return jwt.encode(self.claims(nonce, **changes), key or self.key, algorithm, {"kid": self.key_name} | (headers or {}))

    def login(self, browser, **more):
        """Send a browser to the desk, and back here: what the desk asks (dict)."""
        begun = {"iss": self.issuer, "client_id": CLIENT, "login_hint": "7", "lti_message_hint": "m",
                 "target_link_uri": f"{self.desk}/lti/launch"} | more
        status, headers, text = browser.request("GET", f"/lti/login?{urlencode(begun)}")
        assert status == 302, (status, text.decode())
        assert headers["Location"].startswith(f"{self.issuer}/auth?")
        return dict(parse_qsl(urlsplit(headers["Location"]).query))

    def launch(self, browser, **person):
        """The whole way of somebody (claims) to the desk: (status, where to go then, text)."""
        self.person = person
        with urllib.request.urlopen(f"{self.issuer}/auth?{urlencode(self.login(browser))}") as answer:
            page = answer.read().decode()
        return post(browser, **{name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page)})

    def _get(self, request):
        path, asked = urlsplit(request.path).path, {
            name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        if path == "/keys":
            self.asked_for_keys += 1
            jwk = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True) | {"kid": self.key_name, "alg": "RS256", "use": "sig"}
            _answer(request, 200, json.dumps({"keys": [{"kty": "EC"}, jwk]}))
        elif path == "/hanging":
            self._closing.wait(60)
        elif path == "/auth":
            wanted = {"scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none",
                      "client_id": CLIENT, "redirect_uri": f"{self.desk}/lti/launch", "login_hint": "7", "lti_message_hint": "m"}
            right = {name: asked.get(name) for name in wanted} == wanted and asked.get("nonce") and asked.get("state")
            fields = {"id_token": self.token(asked["nonce"]), "state": asked["state"]} if right else {}
            inputs = "".join(f'<input type="hidden" name="{name}" value="{html.escape(value)}">' for name, value in fields.items())
            _answer(request, 200 if right else 400, f'<form method="post" action="{self.desk}/lti/launch">{inputs}'
                    "<button>Go</button></form><script>document.forms[0].submit()</script>", "text/html")
        else:
            _answer(request, 404)

    def _post(self, request):
        body = request.rfile.read(int(request.headers["Content-Length"]))
        if self.answers != 200:
            _answer(request, self.answers)
        elif request.path == "/token":
            form = dict(parse_qsl(body.decode()))
            claims = self._of_the_desk(form["client_assertion"])
            assert claims["iss"] == claims["sub"] == CLIENT and claims["jti"] and form["scope"] == f"{AGS}scope/score"
            assert form["grant_type"] == "client_credentials"
            assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            self.tokens += 1
            _answer(request, 200, json.dumps({"access_token": self._access, "token_type": "Bearer", "expires_in": 3600}))
        elif request.headers["Authorization"] == f"Bearer {self._access}":
            assert request.headers["Content-Type"] == "application/vnd.ims.lis.v1.score+json"
            self.scores.append((request.path, json.loads(body)))
            _answer(request, 204)
        else:
            _answer(request, 401)

    def _of_the_desk(self, token):
        """What the desk says, if it has signed it with the key that it gives out."""
        key = jwt.PyJWKClient(f"{self.desk}/lti/keys").get_signing_key_from_jwt(token).key
        return jwt.decode(token, key, ["RS256"], audience=f"{self.issuer}/token", options={"require": ["exp", "iat", "jti"]})


def post(browser, **fields):
    """Post to the desk's launch, as a platform's page does: (status, where to go then, text)."""
    status, headers, text = browser.request(
        "POST", "/lti/launch", urlencode(fields), Content_Type="application/x-www-form-urlencoded")
    return status, headers.get("Location"), text.decode()


def _answer(request, status, text="", kind="application/json"):
    request.send_response(status)
    request.send_header("Content-Type", kind)
    request.send_header("Content-Length", str(len(text)))
    request.end_headers()
    request.wfile.write(text.encode())
