"""What the ledger of removals says of a document, by each of the names that it may be called by."""

import pytest

from governance.removals.ledger import Executed, Ledger, Tombstone
from layers.document import make_doc_id
from pipeline.inspect.removed import find_removed

KEY = make_doc_id("web", record_id="page-1").hex()
OTHER = KEY[:3] + "0" * 29
GONE = Tombstone(KEY, KEY, "web", "en")
OF_SEVERAL = Tombstone("ab" * 16, OTHER, "web", "en", raw_sha256="1")
CUT = Tombstone(KEY[:6] + "f" * 26, "cd" * 16, "web", "en", spans=("a name",))
LEDGER = Ledger(executed={"r": Executed("r", "2026-11-30", "2.0.0", (GONE, OF_SEVERAL, CUT))})


@pytest.mark.parametrize(
    ("name", "found", "begun"),
    [
        (KEY, [KEY], [KEY]),
        (KEY.upper(), [KEY], [KEY]),
        ("page-1", [KEY], [KEY]),
        (OTHER, [OF_SEVERAL.doc_id], [OF_SEVERAL.doc_id]),
        (KEY[:6], [], [KEY]),
        (OTHER[:31], [], []),
        ("page", [], []),
        ("", [], []),
    ],
)
def test_a_removed_document_is_found_by_its_names(name: str, found: list[str], begun: list[str]) -> None:
    for begins, wanted in ((False, found), (True, begun)):
        assert [row["doc_id"] for row in find_removed(name, ledger=LEDGER, begins=begins)] == wanted
