"""Two lanes of an outbox beside one: how much sooner what waits for a network is sent.

What: messages to an agency that answers each call after a twentieth of a second are
sent by one process that runs the job, then as many others by two at the same time. The
agency is a program of its own, called over HTTP, which refuses what is sent twice.

How: `make bench` makes a database that may be thrown away and pipes this file into
`odoo shell`; `lanes.py` tells how lanes are compared. Exit code 1: the gain lies far
below its aim, or something was sent twice or not at all.
"""

from __future__ import annotations

import http.server
import os
import signal
import sys
import time
import uuid
from typing import Any

import lanes

# how long the agency takes
SECONDS = 0.05
# messages in a round
ROUND = 120
ROUNDS = 2
AIM, LEAST = 1.8, 1.5


class Agency(http.server.BaseHTTPRequestHandler):
    """Takes what comes, each key once."""

    protocol_version = "HTTP/1.1"
    keys: set[str] = set()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(SECONDS)
        key = self.headers["Idempotency-Key"]
        self.send_response(422 if key in self.keys else 201)
        self.keys.add(key)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: what is printed are results."""


def main(env: Any) -> int:
    """Seed, measure, print; return the exit code."""
    env = env(user=env.ref("base.user_root"), context={"tracking_disable": True})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Agency)
    child = lanes.fork(server.serve_forever)
    try:
        case = make(env, server.server_port)
        gain = lanes.compare(
            env,
            lambda env: queue(env, case.id),
            lambda env: env["collection.message"]._cron_send(),
            ROUND,
            "messages",
            ROUNDS,
        )
    finally:
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)
    return int(not is_sound(env, case) or not lanes.is_enough(gain, AIM, LEAST))


def make(env: Any, port: int) -> Any:
    """Make an agency with a case that messages can be about."""
    connection = env["receivables.connection"].create(
        {
            "name": "Agency of the benchmark",
            "way": "https",
            "url": f"http://127.0.0.1:{port}",
            "authentication": "none",
            "environment": "test",
        }
    )
    agency = env["collection.agency"].create(
        {"name": connection.name, "connection_id": connection.id, "state": "active"}
    )
    move = env["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": env["res.partner"].create({"name": "Debtor"}).id,
            "invoice_line_ids": [(0, 0, {"name": "Something", "price_unit": 100})],
        }
    )
    move.action_post()
    return env["collection.case"].create(
        {
            "move_id": move.id,
            "agency_id": agency.id,
            "agency_case_id": "C-1",
            "state": "received",
        }
    )


def queue(env: Any, case_id: int) -> None:
    """Write the messages of a round."""
    case = env["collection.case"].browse(case_id)
    file = env["ir.attachment"].create({"name": "invoice.pdf", "raw": b"%PDF-1.7"})
    env["collection.message"].create(
        [
            {
                "type": "documents",
                "direction": "out",
                "state": "to_send",
                "agency_id": case.agency_id.id,
                "case_id": case.id,
                "attachment_ids": file.ids,
                "idempotency_key": uuid.uuid4().hex,
            }
            for _number in range(ROUND)
        ]
    )


def is_sound(env: Any, case: Any) -> bool:
    """Whether every message was sent once."""
    messages = env["collection.message"].search([("case_id", "=", case.id)])
    states = set(messages.mapped("state"))
    sound = states == {"sent"} and len(messages) == 2 * ROUND * ROUNDS
    print("every message is sent once" if sound else f"FAILED: {states}")
    return sound


if __name__ == "__main__":
    sys.exit(main(globals()["env"]))
