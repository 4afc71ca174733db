"""How long planning and doing a push takes: `python -m benchmarks.push --shards 1000 --bytes 100000`.

A small release with further files of random bytes goes to a Hub on this machine (tests/hub), with hf_xet's
own local store; then its next version, of which one further file in a hundred is another.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from hub import small_release  # noqa: E402  # beside the tests
from hub.client import start_client  # noqa: E402
from hub.server import serve  # noqa: E402

_PLAN = """
import time
from pipeline.delivery import push
from pipeline.delivery.files import LocalRelease
from pipeline.delivery.patience import Patience
from pipeline.delivery.repository import HubRepository
release = LocalRelease.load({folder!r})
started = time.perf_counter()
repository = HubRepository("lab/corpus", patience=Patience())
plan = push.plan_push(release, repository=repository, wishes=push.Wishes())
result = [time.perf_counter() - started, plan.changes.count]
"""


def main() -> None:
    """Print seconds of the plan and of each command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=int, default=1000)
    parser.add_argument("--bytes", type=int, default=100_000, help="of each shard")
    arguments = parser.parse_args()
    print(f"{arguments.shards} shards of {arguments.bytes} bytes; load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        draw = random.Random(0).randbytes
        shards = {f"extra/{n:05}.parquet": draw(arguments.bytes) for n in range(arguments.shards)}
        first = small_release.make(folder / "first", more=shards)
        shards |= {path: draw(arguments.bytes) for path in list(shards)[::100]}
        second = small_release.make(folder / "second", version="1.0.1", more=shards)
        with serve(folder / "store") as hub, start_client(url=hub.url, home=folder / "home") as client:
            client.evaluate("import pipeline.inspect.verify.release, huggingface_hub; result = None")
            for release in (first, second):
                seconds, files = client.evaluate(_PLAN.format(folder=str(release)))
                print(f"plan: {seconds:.2f} s, {files} files to change")
                for options in (["--dry-run"], []):
                    started = time.perf_counter()
                    done = client.run("push", release, "--to", "lab/corpus", *options)
                    if done.exit_code:
                        raise SystemExit(done.stderr)
                    name = " ".join(["push", *options])
                    print(f"{name}: {time.perf_counter() - started:.2f} s, verification included")


if __name__ == "__main__":
    main()
