"""Waits until a Flink cluster has its slots and the job server and the worker pool listen."""

import argparse
import json
import socket
import sys
import time
import urllib.request


def listens(port: int) -> bool:
    try:
        with socket.create_connection(("localhost", port), timeout=1):
            return True
    except OSError:
        return False


def count_slots(port: int) -> int:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/overview", timeout=2) as answer:
            return int(json.load(answer)["slots-total"])
    except (OSError, ValueError, KeyError):
        return 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rest-port", type=int, required=True)
    parser.add_argument("--job-port", type=int, required=True)
    parser.add_argument("--pool-port", type=int, required=True)
    parser.add_argument("--slots", type=int, required=True)
    parser.add_argument("--log", required=True, help="named where it does not come up")
    parser.add_argument("--max-seconds", type=float, default=120.0)
    asked = parser.parse_args()
    deadline = time.monotonic() + asked.max_seconds
    missing = ["everything"]
    while time.monotonic() < deadline:
        slots = count_slots(asked.rest_port)
        missing = [f"{asked.slots - slots} of {asked.slots} slots"] if slots < asked.slots else []
        missing += [] if listens(asked.job_port) else [f"the job server on port {asked.job_port}"]
        missing += [] if listens(asked.pool_port) else [f"the worker pool on port {asked.pool_port}"]
        if not missing:
            return
        time.sleep(0.5)
    sys.exit(f"after {asked.max_seconds:.0f} s still missing: {', '.join(missing)}; see {asked.log}")


if __name__ == "__main__":
    main()
