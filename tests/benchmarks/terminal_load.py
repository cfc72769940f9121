"""Asks one address again and again over some connections: bench_terminal_endpoint.py.

A process of its own, so that it takes no time of what it measures. What to do comes as
JSON on the standard input, what came of it goes as JSON to the standard output.
"""

import itertools
import json
import random
import re
import socket
import sys
import threading
import time

# what makes each request another one
NUMBER, ACCOUNT = "{number}", "{account}"


class Load:
    """Several clients that each wait for their answer before they ask again."""

    def __init__(self, order: dict) -> None:
        self.port: int = order["port"]
        self.path: str = order["path"]
        self.accounts: list[str] = order["accounts"]
        self.wanted = re.compile(order["wanted"].encode())
        self.numbers = itertools.count(order["first"])
        self.seconds: float = order["seconds"]
        self.latencies: list[float] = []
        self.wrong: list[str] = []
        self.lock = threading.Lock()

    def run(self, connections: int) -> dict:
        """Ask; then say how it went."""
        begun, busy = time.perf_counter(), time.process_time()
        self.until = begun + self.seconds
        clients = [threading.Thread(target=self.ask) for _ in range(connections)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        took = time.perf_counter() - begun
        return {
            "latencies": self.latencies,
            "rate": len(self.latencies) / took,
            "busy": (time.process_time() - busy) / took,
            "wrong": self.wrong[:3],
        }

    def ask(self) -> None:
        latencies = []
        while (asked := time.perf_counter()) < self.until:
            path = self.path.replace(NUMBER, str(next(self.numbers)))
            path = path.replace(ACCOUNT, random.choice(self.accounts))
            answer = self.exchange(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            latencies.append(time.perf_counter() - asked)
            if not self.wanted.search(answer):
                self.wrong.append(answer[:300].decode(errors="replace"))
        with self.lock:
            self.latencies += latencies

    def exchange(self, request: str) -> bytes:
        """Odoo hangs up after every answer, so there is a connection for each."""
        parts = []
        with socket.create_connection(("127.0.0.1", self.port), 60) as line:
            line.sendall(request.encode())
            while part := line.recv(65536):
                parts.append(part)
        return b"".join(parts)


if __name__ == "__main__":
    given = json.load(sys.stdin)
    json.dump(Load(given).run(given["connections"]), sys.stdout)
