"""Which files of tests share a worker process of pytest-xdist, and which ones begin first."""

from xdist.scheduler import LoadScopeScheduling

TOGETHER = {
    "tests/docs/test_pages.py": "the tutorial",
    "tests/docs/test_reruns.py": "the tutorial",
    "tests/runners/test_other_runners.py": "other runners",
    "tests/runners/test_object_locks.py": "other runners",
    "tests/runners/test_dataflow.py": "other runners",
}
"""File → what it shares with others: a run of the tutorial; one cluster, and two cores to share."""

LONGEST = (
    "other runners",
    "tests/runners/test_image.py",
    "tests/laws/test_resume.py",
    "tests/test_demo.py",
    "the tutorial",
    "tests/laws/test_damage.py",
    "tests/laws/test_signals.py",
    "tests/laws/test_mended_release.py",
    "tests/pipeline/inspect/verify/test_files.py",
    "tests/pipeline/inspect/verify/test_rows.py",
    "tests/laws/test_surroundings.py",
    "tests/benchmarks/test_faults.py",
    "tests/pipeline/test_plugins.py",
    "tests/laws/test_bad_input.py",
)
"""Begun first: a worker that had one of them left at the end would keep the others waiting."""


def group_of(nodeid: str) -> str:
    """A test's file, or what that shares with other files."""
    path = nodeid.partition("::")[0]
    return TOGETHER.get(path, path)


def place_of(nodeid: str) -> int:
    """When a test's group begins; equal ones begin in their own order."""
    group = group_of(nodeid)
    return LONGEST.index(group) if group in LONGEST else len(LONGEST)


class FilesTogether(LoadScopeScheduling):
    """A file is one worker's, so that what its tests share is made once.

    `--dist loadgroup` does not serve: pytest-xdist 3.8 writes the group into an attribute of the test that
    pytest 9.2 no longer reads, and spreads all tests as if they had none.
    """

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
