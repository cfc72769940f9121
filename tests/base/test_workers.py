"""What docs/operations.md says of workers, and of several databases on a server."""

import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.system import OdooInstance, ServerFactory, TestDatabases

AT_ONCE = 50
OUTSIDE = ("payment_terminal", "collection_partner/webhook")


def ask(server: OdooInstance, path: str) -> tuple[int, int]:
    """Post to an address: the status and the length of the answer."""
    request = urllib.request.Request(f"{server.url}/{path}/no-such-token", data=b"")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, len(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, len(error.read())


def test_more_callers_at_once_than_workers(start_server: ServerFactory) -> None:
    """Two workers answer fifty connections; who finds none free waits."""
    server = start_server(workers=2, cron_threads=2)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for path in OUTSIDE:
            answers = pool.map(ask, [server] * AT_ONCE, [path] * AT_ONCE)
            assert Counter(answers) == {(404, 0): AT_ONCE}
    server.stop()


@pytest.fixture(scope="module")
def pair(databases: TestDatabases) -> tuple[str, str]:
    """Two databases."""
    return databases.new_database(), databases.new_database()


@pytest.mark.parametrize("chosen", [True, False])
def test_several_databases_on_a_server(
    start_server: ServerFactory, pair: tuple[str, str], chosen: bool
) -> None:
    """Who calls from outside has no session: only a dbfilter tells which one is meant.

    The addons answer with an empty body, Odoo itself with a page.
    """
    first, second = pair
    options = [f"--database={first},{second}", "--max-cron-threads=0"]
    if chosen:
        options.append(f"--db-filter=^{first}$")
    server = start_server(first, options=options)
    for path in OUTSIDE:
        status, length = ask(server, path)
        assert status == 404
        assert (length == 0) == chosen
    server.stop()
