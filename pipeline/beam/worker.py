"""A worker process of the local runner: Beam's harness, whose log goes to the driver only.

Beam's own entry point lets the first warning of an import open a log on standard error, and
everything it says at INFO then lands on the user's terminal.
"""

import gc
import logging
import signal

gc.disable()  # what imports make stays: to look through it again and again took a tenth of a worker's time

signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it at once and without a traceback
logging.getLogger().addHandler(logging.NullHandler())  # before Beam is imported

from apache_beam.runners.worker import sdk_worker_main  # noqa: E402

gc.freeze()
gc.enable()
gc.set_threshold(100_000, 10, 10)  # batches of rows are few objects; the default looks after every 700

if __name__ == "__main__":
    sdk_worker_main.main([])
