"""Learning platforms that send people here by LTI 1.3: what is agreed with each, and how its server and this one talk.

Each side signs with a key of its own, and gives out the public half where the other can fetch it.
"""

import asyncio
import hashlib
import json
import time
from dataclasses import dataclass, fields
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from tornado.httpclient import AsyncHTTPClient, HTTPClientError
from tornado.httputil import HTTPInputError

from autograder.course.course import write_secret

ALGORITHM = "RS256"
_KEY_BITS = 2048
_SECONDS = 8  # for an answer, from end to end
_BYTES = 2**20  # of an answer
_FRESH_SECONDS = 3600  # of a platform's keys
_AGAIN_SECONDS = 10  # before they are asked for once more: anybody can send us the name of a key that is not there
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class NoAnswer(Exception):
    """A platform does not answer, or not with what was asked for. The message is the rest of a sentence about it."""


@dataclass(frozen=True)
class Platform:
    """One platform, as `c.Desk.lti` describes it.

    Parameters
    ----------
    issuer, client_id : str
        What it calls itself, and us.
    auth_url, token_url, keys_url : str
        Where it signs people in, gives access tokens, and has its public keys.
    deployment_ids, context_ids : tuple of str
        Installations of the desk there, and courses, whose people are let in. One platform has many courses, and whoever
        teaches in any of them can put a link to the desk there.
    """

    issuer: str
    client_id: str
    auth_url: str
    token_url: str
    keys_url: str
    deployment_ids: tuple[str, ...]
    context_ids: tuple[str, ...]

    @classmethod
    def of(cls, entry):
        """The platform that an entry of the settings describes.

        Raises
        ------
        ValueError
            If it does not; the message is the rest of a sentence about the entry.
        """
        names = [field.name for field in fields(cls)]
        if missing := [name for name in names if name not in entry]:
            raise ValueError(f"lacks {', '.join(missing)}")
        if unknown := [str(name) for name in entry if name not in names]:
            raise ValueError(f"has {', '.join(unknown)}, which nothing is known of")
        for name, value in entry.items():
            if name.endswith("_ids"):
                if not (isinstance(value, list | tuple) and all(isinstance(one, str) and one for one in value)):
                    raise ValueError(f"has {name} = {value!r}; it is a list of texts")
            elif not (isinstance(value, str) and value):
                raise ValueError(f"has {name} = {value!r}; it is a text")
            elif name.endswith("_url") and not is_safe(value):
                raise ValueError(f"has {name} = {value!r}; it begins with https://")
        return cls(**{name: tuple(value) if name.endswith("_ids") else value for name, value in entry.items()})

    @property
    def name(self):
        """How it is called in sentences."""
        return urlsplit(self.issuer).hostname or self.issuer


def is_safe(url):
    """Whether nobody between can read or change what is sent to this address."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.scheme == "https" or parts.scheme == "http" and parts.hostname in _LOOPBACK)
    except ValueError:
        return False


async def fetch(url, **request):
    """What a platform answers (tornado.httpclient.HTTPResponse), whatever its status; `request` is as of `HTTPRequest`.

    Raises
    ------
    NoAnswer
    """
    client = AsyncHTTPClient(force_instance=True, max_body_size=_BYTES, max_buffer_size=2 * _BYTES)
    try:
        return await client.fetch(url, raise_error=False, follow_redirects=False, connect_timeout=_SECONDS,
                                  request_timeout=_SECONDS, decompress_response=False, **request)
    except (OSError, HTTPClientError, HTTPInputError, ValueError):
        raise NoAnswer("does not answer") from None
    finally:
        client.close()


def answered(response):
    """The JSON object of an answer.

    Raises
    ------
    NoAnswer
    """
    try:
        answer = json.loads(response.body)
    except (ValueError, RecursionError):
        answer = None
    if response.code != 200 or not isinstance(answer, dict):
        raise NoAnswer(f"answers {response.code}" if response.code != 200 else "answers something else than was asked for")
    return answer


class Keys:
    """The public keys of a platform, which changes them from time to time.

    Parameters
    ----------
    platform : Platform
    """

    def __init__(self, platform):
        self._url, self._keys, self._trouble = platform.keys_url, {}, None
        self._at, self._lock = -_FRESH_SECONDS, asyncio.Lock()

    async def get(self, name):
        """The key of that name, None if there is none.

        Raises
        ------
        NoAnswer
            If it is not known here, and the platform does not tell.
        """
        if self._lacks(name):
            async with self._lock:
                if self._lacks(name):  # whoever had the lock may have brought it
                    self._at = time.monotonic()
                    try:
                        self._keys, self._trouble = await self._fetch(), None
                    except NoAnswer as trouble:
                        self._trouble = trouble
        if name not in self._keys and self._trouble:
            raise self._trouble
        return self._keys.get(name)

    def _lacks(self, name):
        return time.monotonic() - self._at > (_FRESH_SECONDS if name in self._keys else _AGAIN_SECONDS)

    async def _fetch(self):
        found = {}
        listed = answered(await fetch(self._url)).get("keys")
        for entry in listed if isinstance(listed, list) else ():
            try:
                key = jwt.PyJWK(entry, ALGORITHM).key
            except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
                continue
            if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _KEY_BITS and isinstance(entry.get("kid"), str):
                found[entry["kid"]] = key
        return found


class OwnKey:
    """The key that the desk signs with, made at first use; nobody else can read it.

    Parameters
    ----------
    course : Course

    Attributes
    ----------
    public : dict
        The public half, as a JSON Web Key.
    """

    def __init__(self, course):
        file = course.root / ".autograder/desk/lti.pem"
        if not file.exists():
            made = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
            write_secret(file, made.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode().strip())
        self._key = serialization.load_pem_private_key(file.read_bytes(), None)
        numbers = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        named = {name: numbers[name] for name in ("e", "kty", "n")}  # in this order they make its thumbprint, RFC 7638
        name = hashlib.sha256(json.dumps(named, separators=(",", ":")).encode()).hexdigest()
        self.public = named | {"alg": ALGORITHM, "use": "sig", "kid": name}

    def signed(self, claims):
        """These claims (dict) as a signed JSON Web Token."""
        return jwt.encode(claims, self._key, ALGORITHM, {"kid": self.public["kid"]})
