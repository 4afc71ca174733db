"""Law 4: some runners give a worker several threads; what is filled on first use is whole for all of them."""

import os
import subprocess
import sys

PROGRAM = """
import sys, threading
sys.setswitchinterval(1e-6)
from filters.language_id import labels, load_model
from sources.reading.language_tags import canonical_tag

def ask(found, start):
    start.wait()
    try:
        tags = [labels.label_tag(name) for name in labels.LID_176]
        declared = [canonical_tag(name) for name in labels.LID_176]
        found.append((tags, declared, id(load_model("lid.176"))))
    except Exception as error:
        found.append(repr(error))

found, start = [], threading.Barrier(8)
threads = [threading.Thread(target=ask, args=(found, start)) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert len(found) == 8
assert all(answer == found[0] for answer in found), found
assert not isinstance(found[0], str), found[0]
"""


def test_threads_that_start_together_get_the_answers_of_one() -> None:
    """In processes of their own, since only the first call fills anything; one alone may be lucky."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
