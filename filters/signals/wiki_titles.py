"""Which namespace of a wiki a title names: signals for rules, measured from titles and not from text.

ROOTS (arXiv:2303.03915) dropped pages of users (`filter_wiki_user_titles`: the title starts with "User ") and
what its dump did not call text (`filter_wiki_non_text_type`: templates, categories, files). Here both are one
number, which a corpus file can limit: `wiki_namespace: {max: 0}` keeps pages of content only.
"""

import pyarrow as pa
import pyarrow.compute as pc

from filters.nfc import normalise
from layers.document import make_field

CONTENT_VERSION = 1
FOR_DECIDE = True
SCHEMA = pa.schema(
    [
        make_field(
            "wiki_namespace",
            pa.int64(),
            "MediaWiki's number of the namespace that the title names (2 user, 10 template …), 0: none; "
            "null: no title.",
        ),
        make_field(
            "roots_user_title",
            pa.bool_(),
            'Whether the title starts with "User ", as ROOTS asked; null: none.',
        ),
    ]
)

_ENGLISH = {0: "", 2: "User", 4: "Project", 6: "File", 8: "MediaWiki", 10: "Template", 12: "Help"}
_ENGLISH |= {14: "Category", 100: "Portal", 118: "Draft", 710: "TimedText", 828: "Module"}
_LOCAL = """
1: Discussion, Discusión, Discussão, Discussió, Eztabaida, Pembicaraan, Thảo luận, نقاش
1: تبادلۂ خیال, वार्ता, আলাপ, 讨论, 討論, Majadiliano, Ọ̀rọ̀, चर्चा, பேச்சு, చర్చ, സംവാദം
1: ચર્ચા, ಚರ್ಚೆಪುಟ, वार्तालाप
2: Utilisateur, Utilisatrice, Usuario, Usuaria, Usuário, Usuária, Usuário(a), Utilizador
2: Usuari, Lankide, Pengguna, Thành viên, مستخدم, مستخدمة, صارف, सदस्य, ব্যবহারকারী, 用户
2: 用戶, 使用者, Mtumiaji, Oníṣe, பயனர், వాడుకరి, ഉപയോക്താവ്, સભ્ય, ਵਰਤੋਂਕਾਰ, ಸದಸ್ಯ
2: प्रयोगकर्ता, সদস্য, Jëfandikukat
3: Discussion utilisateur, Usuario discusión, Usuário Discussão, Usuari Discussió
3: Lankide eztabaida, Pembicaraan Pengguna, Thảo luận Thành viên, نقاش المستخدم
3: تبادلۂ خیال صارف, सदस्य वार्ता, ব্যবহারকারী আলাপ, 用户讨论, 用戶討論, 使用者討論
3: Majadiliano ya mtumiaji, Ọ̀rọ̀ oníṣe
4: Wikipedia, Wikipédia, Viquipèdia, ويكيبيديا, विकिपीडिया, উইকিপিডিয়া
6: Image, Fichier, Archivo, Ficheiro, Fitxer, Fitxategi, Berkas, Tập tin, ملف, फ़ाइल
6: चित्र, চিত্র, 文件, 檔案, Picha, Fáìlì, படிமம், దస్త్రం, പ്രമാണം, ચિત્ર, ਤਸਵੀਰ, ಚಿತ್ರ
10: Modèle, Plantilla, Predefinição, Txantiloi, Templat, Bản mẫu, قالب, سانچہ, साँचा
10: টেমপ্লেট, 模板, Kigezo, Àdàkọ, साचा, வார்ப்புரு, మూస, ഫലകം, ઢાંચો, ਫਰਮਾ, ಟೆಂಪ್ಲೇಟು
10: ढाँचा, সাঁচ, ଛାଞ୍ଚ, Royuwaay
12: Aide, Ayuda, Ajuda, Laguntza, Bantuan, Trợ giúp, مساعدة, معاونت, सहायता, সাহায্য, 帮助
12: 幫助, Msaada, Ìrànlọ́wọ́
14: Catégorie, Categoría, Categoria, Kategoria, Kategori, Thể loại, تصنيف, زمرہ, श्रेणी
14: বিষয়শ্রেণী, 分类, 分類, Jamii, Ẹ̀ka, वर्ग, பகுப்பு, వర్గం, വർഗ്ഗം, શ્રેણી, ਸ਼੍ਰੇਣੀ
14: ವರ್ಗ, শ্ৰেণী, ଶ୍ରେଣୀ
100: Portail, Portal, بوابة
828: Module, Módulo, Mòdul, Modul, Mô đun, وحدة
"""
"""Names in languages of the 46 (not all); every wiki understands the English ones."""


def _namespaces() -> dict[str, int]:
    """Name in lower case, NFC → number; a talk page has its subject's number and one more."""
    found = {"talk": 1}
    for number, name in _ENGLISH.items():
        if name:
            found |= {name.lower(): number, f"{name.lower()} talk": number + 1}
    for line in _LOCAL.strip().splitlines():
        digits, names = line.split(": ", 1)
        found |= {name.lower(): int(digits) for name in names.split(", ")}
    return found


NAMESPACES = _namespaces()


def measure(batch: pa.RecordBatch, *, langs: pa.StringArray, options: None) -> pa.RecordBatch:
    """n documents, by their titles → n rows of SCHEMA.

    A namespace stands before a colon with no white space after it, in any case, with underscores or spaces:
    "User:Ann", "user_talk:Ann"; "Help: ten recipes" is the name of a book.
    """
    titles = batch.column("title")
    filled = pc.fill_null(titles, "").cast(pa.large_string())
    composed = normalise(filled).cast(pa.string())
    parts = pc.extract_regex(composed, r"^(?P<name>[^:\n]{1,40}):[^\s:]")
    names = pc.utf8_lower(pc.utf8_trim_whitespace(pc.replace_substring(pc.struct_field(parts, 0), "_", " ")))
    table = pa.array(NAMESPACES, pa.string()), pa.array(NAMESPACES.values(), pa.int64())
    numbers = table[1].take(pc.index_in(names, value_set=table[0])).fill_null(0)
    known = titles.is_valid()
    columns = [
        pc.if_else(known, numbers, pa.scalar(None, pa.int64())),
        pc.starts_with(titles, "User "),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
