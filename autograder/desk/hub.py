"""The desk as a service of a JupyterHub: people sign in by the hub's own OAuth, and their servers hand in with its tokens.

A hub tells a service in its environment where it belongs. Who somebody is it is asked once, at signing in; from then on a session
of ours holds, as after every other way to sign in.
"""

import hmac
import logging
import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from tornado.httputil import url_concat
from tornado.web import HTTPError

from autograder import KitError
from autograder.course.handed_in import no_id
from autograder.desk.site import Page
from autograder.desk.who import HUB

_OURS = "JUPYTERHUB_SERVICE_PREFIX", "JUPYTERHUB_API_TOKEN"
_NEEDED = "JUPYTERHUB_SERVICE_URL", "JUPYTERHUB_SERVICE_NAME", "JUPYTERHUB_CLIENT_ID", "JUPYTERHUB_API_URL"
_TERMINAL = "JUPYTER_SERVER_URL"  # in a terminal of JupyterLab on a hub, all else in the environment is about JupyterLab
_log = logging.getLogger("autograder.desk")


@dataclass(frozen=True)
class Service:
    """Where a hub wants the desk.

    Parameters
    ----------
    host : str
    port : int
    base : str
        See `serve.TheDesk`.
    """

    host: str
    port: int
    base: str

    def join(self, desk):
        """Let the hub's users in; returns the pages that this takes, for `TheDesk.application`.

        Raises
        ------
        KitError
            If JupyterHub is not installed here.
        """
        try:
            from jupyterhub.services.auth import HubOAuth
        except ImportError:
            raise KitError("the desk is to be a service of a JupyterHub, and JupyterHub is not installed here: pip install "
                           "jupyterhub") from None
        desk.hub = HubOAuth(cookie_options={"samesite": "Lax"})
        desk.ways.append((f"{desk.base}hub", "JupyterHub"))
        desk.vouchers.append(lambda token: _person(desk, token))
        return [(r"hub", SignIn), (r"oauth_callback", CameBack)]


def service(environment=os.environ):
    """The `Service` that a hub wants, None if no hub has started this or is told of in the environment.

    Raises
    ------
    KitError
        If the environment is about a service, but does not say enough.
    """
    if _TERMINAL in environment or not all(environment.get(name) for name in _OURS):
        return None
    if missing := [name for name in _NEEDED if not environment.get(name)]:
        raise KitError(f"the environment is that of a JupyterHub's service, but does not say {', '.join(missing)}: see "
                       "docs/jupyterhub.md")
    url = urlsplit(environment["JUPYTERHUB_SERVICE_URL"])
    if url.scheme != "http" or not url.hostname:
        raise KitError(f"JUPYTERHUB_SERVICE_URL is {url.geturl()}; the desk speaks http, and TLS is for the hub's proxy to end")
    return Service(url.hostname, url.port or 80, f"/{environment[_OURS[0]].strip('/')}/")


class SignIn(Page):
    """The way to the hub, which says who somebody is."""

    def get(self):
        """Send the browser there, with what it is to bring back."""
        hub = self.desk.hub
        verifier, challenge, method = hub.generate_pkce_code_challenge()
        state = hub.set_state_cookie(self, self.desk.base, code_verifier=verifier)
        self.redirect(url_concat(hub.login_url, {"state": state, "code_challenge": challenge, "code_challenge_method": method}))


class CameBack(Page):
    """The way back."""

    async def get(self):
        """Begin a session, if it was begun here, in this browser."""
        hub, state, code = self.desk.hub, self.get_argument("state", ""), self.get_argument("code", "")
        kept = self.get_signed_cookie(hub.get_state_cookie_name(state))
        verifier = hub.get_code_verifier(state)
        if not (code and verifier and kept and hmac.compare_digest(kept, state.encode())):
            raise HTTPError(403, "Signing in took too long, or was not begun here. Please go back to the desk and sign in again.")
        hub.clear_oauth_state(state)
        hub.clear_oauth_state_cookies(self)
        person = await _person(self.desk, await _said(hub.token_for_code(code, code_verifier=verifier, sync=False)))
        if person is None:
            raise HTTPError(403, "You may not use this desk. Please ask your instructor.")
        self.sign_in(person)
        self.back("")


async def _person(desk, token):
    """Whose token of the hub this is, None if it is nobody's or not for this service: other services have tokens of theirs."""
    model = await _said(desk.hub.user_for_token(token, sync=False))
    if not model or model["kind"] != "user" or not desk.hub.check_scopes(desk.hub.access_scopes, model) or no_id(model["name"]):
        return None
    return desk.door.admit(model["name"], HUB)


async def _said(answer):
    """What the hub answers; what is wrong with it otherwise, its library says in words for operators."""
    try:
        return await answer
    except HTTPError as error:
        _log.error("the hub: %s", error.log_message)
        raise HTTPError(502, "The hub did not say who you are. Please try again in a minute.") from None
