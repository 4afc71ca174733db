"""How fast JSON lines become document batches, on one core: `python benchmarks/parse.py FILE --text FIELD`.

The time covers reading, parsing, SHA-256, doc_id and building the batches. MB are 10^6 container bytes.
"""

import argparse
import time

import sources
from layers import storage
from layers.entries import Unit
from sources.base import RecordLog, SourceSpec


def main() -> None:
    """Print rows, bytes and MB/s of the best of several passes over a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", help="path or URL")
    parser.add_argument("--type", default="jsonl", help="source type")
    parser.add_argument("--text", default="text", help="field that holds the text")
    parser.add_argument("--id", help="field that holds the id")
    parser.add_argument("--passes", type=int, default=3)
    arguments = parser.parse_args()
    root, _, name = arguments.file.rpartition("/")
    fields = {"text": arguments.text} | ({"id": arguments.id} if arguments.id else {})
    spec = SourceSpec("benchmark", arguments.type, root or ".", "NOASSERTION", fields=fields)
    module = sources.load(arguments.type)
    size = storage.size_bytes(storage.join(spec.root, name))
    seconds: list[tuple[float, float]] = []
    for _ in range(arguments.passes):
        log = RecordLog(Unit("benchmark", name))
        started, started_cpu = time.perf_counter(), time.process_time()
        rows = sum(len(batch) for batch in module.read(log.unit, spec=spec, log=log))
        seconds.append((time.process_time() - started_cpu, time.perf_counter() - started))
    (cpu, wall), megabytes = min(seconds), log.container_bytes / 1e6
    print(f"{rows} documents, {len(log.rejected)} rejected rows, file {size / 1e6:.1f} MB")
    print(
        f"{megabytes:.1f} MB of records: {megabytes / cpu:.0f} MB per CPU second, {megabytes / wall:.0f} MB/s"
    )


if __name__ == "__main__":
    main()
