import logging
import re
import time
from datetime import timedelta
from urllib.parse import quote, urlsplit

import requests

from odoo import api, fields, models

from ..exceptions import AgencyError
from ..formats import agency_api as contract
from ..formats.errors import FormatError
from .agency_api_values import to_plain

_logger = logging.getLogger(__name__)

CONNECT_SECONDS = 5
READ_SECONDS = 20
MAX_ANSWER_BYTES = 20 * 1024 * 1024
CHUNK_BYTES = 64 * 1024
# A token is not used in its last minute: the call must still arrive.
TOKEN_MARGIN = timedelta(minutes=1)
LOOPBACK = ("127.0.0.1", "::1", "localhost")
# What stands after these words of a path is an identifier.
IDENTIFIER = re.compile(r"(?<=/)(creditors|cases|documents)/(?!current(?:/|$))[^/]+")


class Bearer(requests.auth.AuthBase):
    """Puts the token on the call; without it requests would look into ~/.netrc."""

    def __init__(self, token):
        self.token = token

    def __call__(self, request):
        if self.token:
            request.headers["Authorization"] = f"Bearer {self.token}"
        return request


class CollectionAdapterAgencyApiTransport(models.AbstractModel):
    """How calls of the agency API travel (docs/agency_api.md, section 1)."""

    _name = "collection.adapter.agency_api.transport"
    _description = "Agency API: transport"

    # === CALLS === #

    @api.model
    def _ask(self, agency, method, path, read, **call):
        """Make a call and read its answer with a function of the format."""
        status, _headers, body = self._call(agency, method, path, **call)
        return self._read(read, body, status)

    @api.model
    def _call(self, agency, method, path, *, body=None, **call):
        """Make a call that must succeed.

        :return: ``(status, headers, body)``
        :raise AgencyError: it did not
        """
        answer = self._send_api_request(agency, method, path, json=body, **call)
        return self._check_answer(answer)

    @api.model
    def _read(self, read, body, status=None):
        try:
            return to_plain(read(body))
        except FormatError as error:
            raise AgencyError(
                "final",
                "invalid_answer",
                self.env._(
                    "The agency's answer is not as agreed (%s). Tell the agency.", error
                ),
                http_status=status,
                answer=body,
            ) from error

    @api.model
    def _render(self, render, *values):
        try:
            return render(*values)
        except FormatError as error:
            raise AgencyError("final", error.code, self._explain(error)) from error

    @api.model
    def _get_path(self, *parts):
        return "".join(f"/{quote(part, safe='')}" for part in parts)

    @api.model
    def _send_api_request(
        self,
        agency,
        method,
        path,
        *,
        json=None,
        files=None,
        key=None,
        params=None,
        timeout=READ_SECONDS,
    ):
        """Make one call: the only way from here to the network.

        A token that the agency no longer takes is replaced once and the call repeated
        unchanged, as section 1.1 asks for.

        :param str path: below the agency's address, identifiers percent-encoded
        :param bytes json: the body
        :param list files: parts of a multipart body, as ``requests`` takes them
        :param str key: idempotency key, the same for every attempt
        :param int timeout: seconds to wait for each piece of the answer
        :return: ``(status, headers, body)`` of whatever answer came
        :raise AgencyError: ``not_configured``, ``insecure_url``,
            ``wrong_credentials``, ``network``, ``timeout``, ``invalid_answer``
        """
        agency = agency.sudo()
        url = f"{self._get_base_url(agency)}{path}"
        headers = {}
        if json is not None:
            headers["Content-Type"] = "application/json"
        if key:
            headers["Idempotency-Key"] = key
        call = {
            "data": json,
            "files": files,
            "headers": headers,
            "params": params,
            "timeout": (CONNECT_SECONDS, timeout),
        }
        with requests.Session() as session:
            token = self._get_token(agency, session)
            answer = self._perform(agency, session, method, url, token, **call)
            if answer[0] == 401:
                token = self._get_token(agency, session, renew=True)
                answer = self._perform(agency, session, method, url, token, **call)
        return answer

    @api.model
    def _get_base_url(self, agency):
        """Return the agency's address without a slash at its end.

        :raise AgencyError: there is none, or calls to it could be read by others
        """
        base = (agency.base_url or "").strip().rstrip("/")
        if not base:
            raise AgencyError(
                "final",
                "not_configured",
                self.env._(
                    "The address of %s is missing: nothing is sent. Enter it in the "
                    "agency's connection.",
                    agency.name,
                ),
            )
        try:
            parts = urlsplit(base)
            host = parts.hostname
        except ValueError:
            host = None
        if not host or "@" in parts.netloc or parts.query or parts.fragment:
            raise AgencyError(
                "final",
                "not_configured",
                self.env._(
                    "The address of %(agency)s cannot be used: %(url)s. It should look "
                    "like https://api.example.com/v1.",
                    agency=agency.name,
                    url=base,
                ),
            )
        if parts.scheme != "https" and not (
            parts.scheme == "http" and host in LOOPBACK
        ):
            raise AgencyError(
                "final",
                "insecure_url",
                self.env._(
                    "The address of %(agency)s must begin with https://, because "
                    "personal data is sent to it: %(url)s.",
                    agency=agency.name,
                    url=base,
                ),
            )
        return base

    # === TOKEN === #

    @api.model
    def _get_token(self, agency, session, renew=False):
        """Return a bearer token: the one at hand while it is good, else a new one."""
        now = fields.Datetime.now()
        expiry = agency.access_token_expiry
        if not renew and agency.access_token and expiry and expiry > now:
            return agency.access_token
        if not agency.client_id or not agency.client_secret:
            raise AgencyError(
                "final",
                "not_configured",
                self.env._(
                    "The client identifier or secret of %s is missing. The agency "
                    "gives them; enter them in its connection.",
                    agency.name,
                ),
            )
        answer = self._perform(
            agency,
            session,
            "POST",
            f"{self._get_base_url(agency)}/auth/token",
            None,
            data=contract.render_credentials(agency.client_id, agency.client_secret),
            headers={"Content-Type": "application/json"},
            timeout=(CONNECT_SECONDS, READ_SECONDS),
        )
        status, _headers, body = self._check_answer(answer)
        token = self._read(contract.read_token, body, status)
        # A row that is in use elsewhere is left alone: the next call logs in anew.
        if agency.try_lock_for_update(allow_referencing=True):
            agency.write(
                {
                    "access_token": token["access_token"],
                    "access_token_expiry": now
                    + timedelta(seconds=token["expires_in"])
                    - TOKEN_MARGIN,
                }
            )
            # A conflict with another transaction must show before anything is sent.
            agency.flush_recordset(["access_token", "access_token_expiry"])
        return token["access_token"]

    # === NETWORK === #

    @api.model
    def _perform(self, agency, session, method, url, token, **call):
        """Make one HTTP call and read its answer, both within limits."""
        began = time.monotonic()
        status = "failed"
        try:
            with session.request(
                method,
                url,
                auth=Bearer(token),
                allow_redirects=False,
                stream=True,
                **call,
            ) as response:
                status = response.status_code
                body = self._read_body(response)
                return status, response.headers, body
        except requests.exceptions.Timeout as error:
            raise AgencyError(
                "retry",
                "timeout",
                self.env._(
                    "The agency did not answer in time. The same call is made again; "
                    "what the agency did already is not done twice."
                ),
            ) from error
        except requests.exceptions.SSLError as error:
            raise AgencyError(
                "retry",
                "network",
                self.env._(
                    "No secure connection to the agency could be made: its certificate "
                    "is not valid. It is tried again; if it lasts, tell the agency."
                ),
            ) from error
        except (requests.exceptions.InvalidURL, UnicodeError) as error:
            raise AgencyError(
                "final",
                "not_configured",
                self.env._("The agency's address cannot be used: correct it."),
            ) from error
        except requests.exceptions.RequestException as error:
            raise AgencyError(
                "retry",
                "network",
                self.env._("The agency cannot be reached. It is tried again."),
            ) from error
        finally:
            _logger.info(
                "Agency %s: %s %s %s in %.0f ms",
                agency.id,
                method,
                IDENTIFIER.sub(r"\1/…", urlsplit(url).path),
                status,
                1000 * (time.monotonic() - began),
            )

    @api.model
    def _read_body(self, response):
        chunks = []
        size = 0
        for chunk in response.iter_content(CHUNK_BYTES):
            chunks.append(chunk)
            size += len(chunk)
            if size > MAX_ANSWER_BYTES:
                raise AgencyError(
                    "final",
                    "invalid_answer",
                    self.env._(
                        "The agency's answer is larger than %s MB and was not read. "
                        "Ask the agency.",
                        MAX_ANSWER_BYTES // 1024 // 1024,
                    ),
                    http_status=response.status_code,
                )
        return b"".join(chunks)
