"""One server per major for all tests that ask for one."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from miglint.verify.server import MAJORS, Server, running_server


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[int, Server]]:
    """Give the servers by major; each is started when it is first asked for."""
    with ExitStack() as stack:

        class Started(dict[int, Server]):
            def __missing__(self, major: int) -> Server:
                self[major] = stack.enter_context(running_server(major, {"timezone": "UTC"}))
                return self[major]

        yield Started()


@pytest.fixture(params=MAJORS)
def server(request: pytest.FixtureRequest, servers: dict[int, Server]) -> Server:
    """Give each major in turn."""
    major: int = request.param
    return servers[major]
