"""Processes of a run talk to one another directly, whatever proxy the environment names.

gRPC sends even what is meant for this machine through `http_proxy`, where nobody answers.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

VARIABLE = "no_grpc_proxy"
"""Read by gRPC alone, and instead of no_proxy: requests for files and models go where they went before."""


def direct_hosts() -> str:
    """Hosts that gRPC reaches without a proxy: those that the environment names, and this machine."""
    named = os.environ.get(VARIABLE) or os.environ.get("no_proxy") or ""
    hosts = [host.strip() for host in named.split(",") if host.strip()]
    return ",".join(dict.fromkeys([*hosts, "localhost", "127.0.0.1", "::1", socket.gethostname()]))


@contextmanager
def bypass_proxy() -> Iterator[None]:
    """In the block, channels to this machine are direct; then the environment is as it was."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = direct_hosts()
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before
