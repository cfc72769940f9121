import dataclasses
import functools
import json as json_format
import logging
import re
import ssl
import tempfile
import time
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl, urlsplit

import requests
import requests.adapters
import urllib3

from odoo.tools import LazyTranslate

from .faults import LineError, show
from .line import Answer, Line
from .network import Deadline, check_public, connect
from .way import Way

_logger = logging.getLogger(__name__)
_lt = LazyTranslate(__name__)

MAX_ANSWER_BYTES = 20 * 1024 * 1024
MAX_TOKEN_BYTES = 64 * 1024
CHUNK_BYTES = 64 * 1024
# A token is not used in its last minute: the call must still arrive.
TOKEN_MARGIN = 60
DEFAULT_TOKEN_SECONDS = 300
# Segments of a path that tell of somebody: numbers, identifiers, tokens.
IDENTIFIER = re.compile(r"[^/]*\d[^/]*|[^/]{24,}")


@dataclasses.dataclass(frozen=True)
class Settings:
    """What an HTTPS line needs to know; nothing of it is shown in a trace."""

    url: str
    authentication: str = "none"
    username: str = dataclasses.field(default="", repr=False)
    password: str = dataclasses.field(default="", repr=False)
    header_name: str = ""
    token_url: str = ""
    token_style: str = "basic"
    token_scope: str = ""
    token_extra: str = dataclasses.field(default="", repr=False)
    authority: str = dataclasses.field(default="", repr=False)
    client_certificate: str = dataclasses.field(default="", repr=False)
    may_be_private: bool = False


class Https(Way):
    """Calls to an address of the web."""

    name = "https"
    label = _lt("HTTPS")
    is_web = True

    def get_missing(self, connection):
        missing = []
        if not connection.url:
            missing.append(_lt("The address is missing."))
        asked = {"basic": "username", "oauth2": "username"}
        if connection.authentication in asked and not connection.username:
            missing.append(_lt("The user name or client ID is missing."))
        if connection.authentication != "none" and not connection.password:
            missing.append(_lt("The password or secret is missing."))
        if connection.authentication == "header" and not connection.header_name:
            missing.append(_lt("The name of the header is missing."))
        if connection.authentication == "oauth2" and not connection.token_url:
            missing.append(_lt("The address for tokens is missing."))
        if not missing:
            for url in (connection.url, connection.token_url):
                try:
                    if url and not url.startswith("/"):
                        check_url(url)
                except LineError as error:
                    missing.append(error.sentence)
        return missing

    def open(self, connection):
        line = self.make_line(self._read(connection, Settings))
        line.token = connection.access_token
        line.token_expiry = connection.access_token_expiry
        return line

    def make_line(self, settings):
        """Return a line with these settings; a way of its own has its own line."""
        return HttpsLine(settings)


class HttpsLine(Line):
    """Makes HTTP calls to one address.

    TLS is verified; nothing of the machine's environment counts (proxies, netrc, other
    authorities); redirects are not followed, cookies not kept. A name is looked up once
    a call, and the address that was checked is the one that is called.

    :ivar token: bearer token at hand, with the UTC time after which it is not used
    """

    def __init__(self, settings, **limits):
        super().__init__(**limits)
        self.settings = settings
        self.token = None
        self.token_expiry = None

    def request(
        self,
        method,
        path,
        *,
        params=None,
        data=None,
        json=None,
        files=None,
        headers=None,
        accept=(),
        limit=MAX_ANSWER_BYTES,
    ):
        """Make one HTTP call.

        A token that is no longer taken is replaced once and the call repeated
        unchanged, all within the line's seconds.

        :param str path: below the connection's address, beginning with a slash,
            identifiers percent-encoded; empty for the address itself
        :param data: body as bytes, or a dict to be sent as a form
        :param json: a plain value to be sent as JSON, or bytes that are JSON already
        :param files: parts of a multipart body, as ``requests`` takes them, in bytes
        :param accept: content types that a successful answer may have; empty: any
        :param int limit: bytes of the answer, unpacked
        :return: ``Answer`` of any status but redirects and 401
        :raise LineError: of the line: ``timeout``, ``network``, ``tls``,
            ``no_such_name``, ``unreachable``, ``private_address``, ``insecure_url``,
            ``not_configured``, ``login_refused``, ``redirected``,
            ``wrong_content_type``; of this call: ``answer_too_large``,
            ``answer_broken``
        """
        headers = dict(headers or {})
        if json is not None:
            data = json if isinstance(json, bytes) else json_format.dumps(json).encode()
            headers.setdefault("Content-Type", "application/json")
        if accept:
            headers.setdefault("Accept", ", ".join(accept))
        call = {"params": params, "data": data, "files": files, "headers": headers}
        with Deadline(self.seconds) as deadline:
            url = self._get_url(path)
            renewed = self._renew(deadline)
            answer = self._perform(deadline, method, url, self._auth, limit, **call)
            if answer.status == 401 and self._takes_tokens and not renewed:
                self._renew(deadline, force=True)
                answer = self._perform(deadline, method, url, self._auth, limit, **call)
        if answer.status == 401:
            raise LineError("login_refused", reason=answer.status)
        if accept and answer.status < 300 and answer.body:
            given = answer.headers.get("Content-Type", "").partition(";")[0]
            if given.strip().lower() not in accept:
                raise LineError("wrong_content_type", kind=given)
        return answer

    def try_out(self):
        answer = self.request("GET", "")
        if answer.status == 403:
            raise LineError("login_refused", reason=answer.status)
        if answer.status >= 500:
            raise LineError("server_error", status=answer.status)
        self._step(_lt("The server answered (%s).", str(answer.status)))

    # === ADDRESS AND IDENTITY === #

    def _get_url(self, path):
        base = check_url(self.settings.url)
        if path.startswith("https://") or path.startswith("http://"):
            return check_url(path)
        if path and not path.startswith("/"):
            raise ValueError("a path begins with a slash")
        return f"{base}{path}"

    @property
    def _takes_tokens(self):
        return self.settings.authentication == "oauth2"

    def _auth(self, request):
        """Put the identity on a call; ``requests`` asks, and so leaves netrc alone."""
        settings = self.settings
        if self._takes_tokens:
            request.headers["Authorization"] = f"Bearer {self.token}"
        elif settings.authentication == "basic":
            self._basic(request)
        elif settings.authentication == "header":
            request.headers[settings.header_name] = settings.password
        return request

    def _basic(self, request):
        user, secret = self.settings.username, self.settings.password
        return requests.auth.HTTPBasicAuth(user.encode(), secret.encode())(request)

    def _renew(self, deadline, force=False):
        """Get a bearer token unless the one at hand is good.

        :return: whether one was got
        """
        now = datetime.now(timezone.utc).replace(tzinfo=None)
        good = self.token and self.token_expiry and self.token_expiry > now
        if not self._takes_tokens or (good and not force):
            return False
        settings = self.settings
        who = {"client_id": settings.username, "client_secret": settings.password}
        body = {"grant_type": "client_credentials"}
        if settings.token_scope:
            body["scope"] = settings.token_scope
        body |= dict(parse_qsl(settings.token_extra))
        call = {"data": body, "headers": {"Accept": "application/json"}}
        if settings.token_style == "json":
            call["data"] = json_format.dumps(who).encode()
            call["headers"]["Content-Type"] = "application/json"
        elif settings.token_style == "form":
            call["data"] = body | who
        auth = self._basic if settings.token_style == "basic" else _nobody
        url = self._get_url(settings.token_url)
        answer = self._perform(deadline, "POST", url, auth, MAX_TOKEN_BYTES, **call)
        if answer.status in (400, 401, 403):
            raise LineError("login_refused", reason=answer.status)
        self.token, seconds = _read_token(answer)
        seconds -= min(TOKEN_MARGIN, seconds // 2)
        self.token_expiry = now.replace(microsecond=0) + timedelta(seconds=seconds)
        self._step(_lt("Logged in: a token was given."))
        if self.keep_token:
            self.keep_token(self.token, self.token_expiry)
        return True

    # === NETWORK === #

    def _perform(self, deadline, method, url, auth, limit, headers, **call):
        """Make one call and read its answer: the only way from here to the network."""
        began = time.monotonic()
        status = "failed"
        headers = {"Accept-Encoding": "gzip", **headers}
        try:
            with requests.Session() as session:
                session.trust_env = False
                session.mount(url[: url.index(":") + 3], Seam(self, deadline))
                with session.request(
                    method,
                    url,
                    auth=auth,
                    headers=headers,
                    allow_redirects=False,
                    stream=True,
                    timeout=deadline.later,
                    **call,
                ) as response:
                    status = response.status_code
                    if response.is_redirect:
                        target = urlsplit(response.headers.get("Location", ""))
                        place = target.netloc or target.path
                        raise LineError("redirected", place=place)
                    body = self._read_body(response, limit)
                    if deadline.is_over:  # then the end is not that of the body
                        raise LineError("timeout")
                    return Answer(status, response.headers, body)
        except LineError:
            raise
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
        ) as error:
            raise _explain(error, deadline, url) from error
        except ValueError as error:  # a host, header or file that cannot be written
            raise LineError("not_configured", address=url) from error
        finally:
            _logger.info(
                "%s: %s %s %s in %.0f ms",
                self.label,
                method,
                show(IDENTIFIER.sub("…", urlsplit(url).path)),
                status,
                1000 * (time.monotonic() - began),
            )

    def _read_body(self, response, limit):
        chunks = []
        size = 0
        for chunk in response.iter_content(CHUNK_BYTES):
            chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                raise LineError("answer_too_large", limit=limit // 1024)
        return b"".join(chunks)

    @functools.cached_property
    def _context(self):
        """Return what TLS trusts: public authorities, or the connection's own alone."""
        settings = self.settings
        try:
            if settings.authority:
                context = ssl.create_default_context(cadata=settings.authority)
            else:
                context = ssl.create_default_context(cafile=requests.certs.where())
            if settings.client_certificate:
                # ssl reads it from a file only; this one is for us alone, and brief
                with tempfile.NamedTemporaryFile() as file:
                    file.write(settings.client_certificate.encode())
                    file.flush()
                    context.load_cert_chain(file.name, password=_ask_nobody)
        except (ssl.SSLError, ValueError) as error:
            raise LineError("bad_certificate") from error
        return context

    def _check_address(self, scheme, address):
        if scheme == "http" and not address.is_loopback:
            raise LineError("insecure_url", address=self.settings.url)
        if not self.settings.may_be_private:
            check_public(address)


class Seam(requests.adapters.HTTPAdapter):
    """Lets ``requests`` reach only addresses that were checked, with our trust."""

    def __init__(self, line, deadline):
        self.line = line
        self.deadline = deadline
        super().__init__(max_retries=False)

    def init_poolmanager(self, *args, **kwargs):  # pylint: disable=missing-return
        super().init_poolmanager(*args, **kwargs)
        line, deadline = self.line, self.deadline

        def dial(connection, scheme):
            def check(address):
                line._check_address(scheme, address)

            host = connection.host.strip("[]")
            return connect(host, connection.port, deadline, check, line._step)

        class Plain(urllib3.connection.HTTPConnection):
            def _new_conn(self):
                return dial(self, "http")

        class Secure(urllib3.connection.HTTPSConnection):
            def _new_conn(self):
                return dial(self, "https")

            def connect(self):  # pylint: disable=missing-return
                super().connect()
                until = (self.sock.getpeercert() or {}).get("notAfter", "")
                line._step(_lt("Its certificate is valid until %s.", until))

        plain = type("Pool", (urllib3.HTTPConnectionPool,), {"ConnectionCls": Plain})
        secure = type("Pool", (urllib3.HTTPSConnectionPool,), {"ConnectionCls": Secure})
        self.poolmanager.pool_classes_by_scheme = {"http": plain, "https": secure}

    def build_connection_pool_key_attributes(self, request, verify, cert=None):
        host, _tls = super().build_connection_pool_key_attributes(request, verify, cert)
        is_secure = host["scheme"] == "https"
        return host, {"ssl_context": self.line._context} if is_secure else {}

    def cert_verify(self, conn, url, verify, cert):
        """Leave trust to the context, which verifies chain and name."""


def check_url(url):
    """Return an address without a slash at its end.

    :raise LineError: ``not_configured``, ``insecure_url``
    """
    url = (url or "").strip().rstrip("/")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise LineError("not_configured", address=url) from error
    odd = "@" in parts.netloc or parts.query or parts.fragment or not url.isprintable()
    if not host or odd or parts.scheme not in ("http", "https"):
        raise LineError("not_configured", address=url)
    if parts.scheme == "http" and host not in ("127.0.0.1", "::1", "localhost"):
        raise LineError("insecure_url", address=url)
    return url


def _explain(error, deadline, url):
    """Return the LineError for what ``requests`` and its like raise."""
    if deadline.is_over or isinstance(error, requests.Timeout):
        return LineError("timeout")
    if isinstance(error, requests.exceptions.SSLError):
        return LineError("tls", reason=_get_tls_reason(error))
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return LineError("answer_broken")
    if isinstance(error, ValueError):  # InvalidURL, InvalidHeader
        return LineError("not_configured", address=url)
    return LineError("network", reason=type(error).__name__)


def _get_tls_reason(error):
    while error.args and isinstance(error.args[0], Exception):
        error = error.args[0]
    inner = getattr(error, "reason", None)
    if isinstance(inner, Exception):
        return _get_tls_reason(inner)
    return show(getattr(error, "verify_message", None) or str(inner or "TLS"))


def _read_token(answer):
    """Return the token of an answer and for how many seconds it is good."""
    try:
        told = json_format.loads(answer.body) if answer.status == 200 else {}
        token = told["access_token"]
        seconds = int(told.get("expires_in") or DEFAULT_TOKEN_SECONDS)
        usable = token and token.isascii() and token.isprintable()
        if not usable or not 0 < seconds < 10**8:
            raise ValueError("an unusable token")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise LineError("no_token", status=answer.status) from error
    return token, seconds


def _nobody(request):
    return request


def _ask_nobody(*_args):
    raise ValueError("a passphrase is asked for")
