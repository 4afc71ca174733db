"""Pages, books, PDF and Markdown."""

from benchmarks.format_checks import Check

_PARTS = ("Bilingual booklet PDF", "Change language")
CHECKS = [
    Check(
        "html/*.html", "html", 1, options={"extractor": "fast"}, lacks=["\N{REPLACEMENT CHARACTER}", *_PARTS]
    ),
    Check("html/story-ca.html", "html", 1, ["Tres búfals i quatre ocells van a beure aigua també."]),
    Check(
        "html/httpd-index.pt-br.html", "html", 1, ["Autenticação, Autorização"], options={"extractor": "fast"}
    ),
    Check("epub/[!ez]*.epub", "epub", 1),
    Check("epub/encrypted.epub", "epub", 0, rejected={"encrypted": 1}),
    Check("epub/zip-without-end.epub", "epub", 0, rejected={"unreadable": 1}),
    Check(
        "epub/aesop*.epub", "epub", 1, ["A hungry Fox saw some fine bunches of Grapes hanging from a vine"]
    ),
    Check("pdf/aesop*.pdf", "pdf", 1, ["The Fox and the Grapes", "The Spendthrift and the Swallow"]),
    Check("pdf/story-zh-cid.pdf", "pdf", 1, ["玛格威的父母过世时，他只有五岁，他搬去跟"]),
    Check("pdf/story-[ah]*.pdf", "pdf", 0, rejected={"broken_text_layer": 1}),
    Check("pdf/congress*.pdf", "pdf", 0, rejected={"no_text": 1}),
    Check("pdf/encrypted*.pdf", "pdf", 0, rejected={"encrypted": 1}),
    Check("pdf/cut.pdf", "pdf", 0, rejected={"unreadable": 1}),
    Check("pdf/[fostw][cewr]*.pdf", "pdf", 1),
    Check("markdown/*.md", "markdown", 1, options={"structure": "text"}, lacks=["<!--"]),
    Check("markdown/story-vi.md", "markdown", 1, ["Một ngày nọ, bố Simbegwire về trễ hơn mọi lần."]),
]
