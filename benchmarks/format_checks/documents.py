"""TEI, translation memories, Stack Exchange and Project Gutenberg."""

from benchmarks.format_checks import Check

_LICENCE = ("SMALL PRINT", "START: FULL LICENSE", "Project Gutenberg License", "PROJECT GUTENBERG EBOOK")
CHECKS = [
    Check(
        "tei/POR0066_*.xml",
        "tei",
        1,
        ["As pastagens queimadas, as fontes seccas, os ribeiros sem agua."],
        ["ELTeC"],
    ),
    Check("tei/jitari-*.xml", "tei", 1, ["saṃyogalakṣaṇas tayoḥ saṃbandha iti cet |"], ["ShareAlike"]),
    Check(
        "tei/qamal-*.xml",
        "tei",
        1,
        ["Ул бер көннәрдә үк инде: «Әни, мин дәү булдым ич инде, мин ни эшләп сабакка бармыйм инде?»"],
        ["Creative Commons", "DraCor"],
    ),
    Check(
        "stackexchange/Posts.xml",
        "stackexchange",
        62,
        ["I teach calculus to college students"],
        ["<p>", "&lt;"],
        {"not_a_post": 8},
    ),
    Check(
        "stackexchange/Posts.xml",
        "stackexchange",
        221,
        rejected={"not_a_post": 8},
        options={"documents": "post"},
    ),
    Check(
        "xliff/validators.eu.xlf", "xliff", 116, ["Balio hau hutsik egon beharko litzateke.", "{{ limit }}"]
    ),
    Check("xliff/validators.ur.xlf", "xliff", 116, ["یہ ويليو خالی ہونی چاہیے", "{{ limit }}"]),
    Check(
        "xliff/focus-ios.bn.xliff",
        "xliff",
        185,
        ["অন্যান্য কন্টেন্ট ট্রাকারদেরকে অবরুদ্ধ করা হলে কিছু ভিডিও এবং ওয়েব পেজে সমস্যা হতে পারে।"],
        rejected={"no_translation": 73},
    ),
    Check("tmx/validators*.tmx", "tmx", 480, ["Giá trị này phải rỗng."]),
    Check("tmx/validators*.tmx", "tmx", 60, ["Giá trị này phải rỗng."], options={"languages": ["vi"]}),
    Check("gutenberg/dvldc10.txt", "gutenberg", 1, ["ABASEMENT, n."], _LICENCE),
    Check("gutenberg/972.txt", "gutenberg", 1, ["ABASEMENT, n."], _LICENCE),
    Check("gutenberg/24675-8.txt", "gutenberg", 1, ["GABRIËL"], _LICENCE),
    Check("gutenberg/44157-*.txt", "gutenberg", 1, ["Au lecteur."], _LICENCE),
]
