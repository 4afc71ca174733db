"""Web archives and their indexes."""

from benchmarks.format_checks import Check

_FAST = {"extractor": "fast"}
_DESIGN = {"http_status": 2, "mime_type": 1, "not_a_capture": 15, "revisit": 2, "robots_txt": 1}
CHECKS = [
    Check(
        "warc/CC-MAIN-*00000.warc.gz",
        "warc",
        15,  # 14 responses and a resource
        [
            "Ní ọgbà ilé oúnjẹ ẹbí rẹ̀, ó tu ilẹ̀ pẹ̀lú àdá rẹ̀.",
            "كان ماقزوي يبلغ من العمر خمس سنوات عندما توفي والداه، فانتقل للعيش مع خاله.",
        ],
        rejected=_DESIGN,
        options=_FAST,
    ),
    Check(
        "warc/cut-in-record.warc.gz",
        "warc",
        3,
        rejected={"not_a_capture": 5, "truncated": 1},
        options=_FAST,
    ),
    Check(
        "warc/CC-MAIN-*.warc.wet.gz",
        "warc",
        14,
        ["Odongo na Apiyo walichangamka kwani ulikuwa wakati wa kumtembelea bibi kwa mara nyingine."],
        rejected={"not_a_capture": 1},
    ),
    Check(
        "cdx/CC-MAIN-*.cdxj",
        "cdxj",
        14,
        ["Ní ọgbà ilé oúnjẹ ẹbí rẹ̀, ó tu ilẹ̀ pẹ̀lú àdá rẹ̀."],
        rejected={"http_status": 2, "mime_type": 1, "revisit": 2, "robots_txt": 1},
        options={"archive": "../warc", **_FAST},
    ),
]
