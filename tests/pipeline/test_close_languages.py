"""What the report of a training says of close languages and of neighbours."""

from filters.language_id.recipe import Families
from pipeline.language_id.close import describe_close

FAMILIES = Families(
    members=[["id", "ms"]], pooled=[["bm", "dyu"]], shahmukhi_lines=0, slots=2, epochs=1, rate=0.1
)
HELD = {
    ("id", "id"): 90,
    ("id", "ms"): 6,
    ("id", "und"): 3,
    ("id", "jv"): 1,
    ("ms", "id"): 4,
    ("fr", "fr"): 5,
}
NEAR = {("ms", "ms"): 8, ("ms", "id"): 2, ("dyu", "bm"): 7, ("dyu", "fr"): 1, ("ht", "ht"): 3}


def test_families_show_what_each_member_is_named_and_neighbours_what_is_taken_in() -> None:
    nothing = {"lines": 0, "accepted": 0, "taken_for": {}}
    assert describe_close(HELD, NEAR, families=FAMILIES, neighbours=["ht"]) == {
        "families": [
            {
                "members": ["id", "ms"],
                "named": {"id": {"id": 90, "ms": 6, "other": 1, "und": 3}, "ms": {"id": 4}},
            },
            {"members": ["bm", "dyu"], "named": {}},
        ],
        "neighbours": [
            {
                "lang": "dyu",
                "other_sources": nothing,
                "same_sources": {"lines": 8, "accepted": 8, "taken_for": {"bm": 7, "fr": 1}},
            },
            {
                "lang": "ht",
                "other_sources": nothing,
                "same_sources": {"lines": 3, "accepted": 0, "taken_for": {}},
            },
            {
                "lang": "ms",
                "other_sources": {"lines": 4, "accepted": 4, "taken_for": {"id": 4}},
                "same_sources": {"lines": 10, "accepted": 2, "taken_for": {"id": 2}},
            },
        ],
    }
