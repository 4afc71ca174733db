"""How fast a release is verified, on one core: `python -m benchmarks.verify RELEASE --passes 5`.

From the second pass on, files come from the page cache. MB are 10^6 bytes. What does not grow with the
shards (reading the manifest, making pages again) is told apart.
"""

import argparse
import os
import time

from governance.manifest import NAME, Manifest
from layers import storage
from pipeline.inspect.verify.release import verify


def main() -> None:
    """Print MB of files and of text per CPU-second of the best of several passes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("release", help="folder or URL")
    parser.add_argument("--passes", type=int, default=5)
    arguments = parser.parse_args()
    manifest = Manifest.from_json(storage.read_bytes(storage.join(arguments.release, NAME)))
    files, text = sum(output.bytes for output in manifest.outputs) / 1e6, manifest.total.bytes / 1e6
    print(
        f"{len(manifest.outputs)} files, {files:.1f} MB, {text:.1f} MB of text; load {os.getloadavg()[0]:.1f}"
    )
    for texts in (False, True):
        passes = [_measure(arguments.release, texts=texts) for _ in range(arguments.passes)]
        cpu, wall, others = min(passes)
        print(
            f"{'--texts' if texts else 'default'}: {files / cpu:.0f} MB of files and {text / cpu:.0f} MB of "
            f"text per CPU-second, {files / wall:.0f} MB of files a second; all else {others:.2f} CPU-seconds"
        )


def _measure(release: str, *, texts: bool) -> tuple[float, float, float]:
    """(CPU-seconds of the files, their seconds, CPU-seconds of all else)."""
    marks: list[tuple[float, float]] = []
    started = time.process_time()
    answer = verify(
        release,
        texts=texts,
        advance=lambda done, of: marks.append((time.process_time(), time.perf_counter())),
    )
    whole = time.process_time() - started
    if answer.mismatches:
        raise SystemExit(f"{release} is not whole: {answer.mismatches[0]}")
    cpu, wall = (marks[-1][clock] - marks[0][clock] for clock in (0, 1))
    return cpu, wall, whole - cpu


if __name__ == "__main__":
    main()
