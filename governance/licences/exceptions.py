"""Which licences an SPDX exception (`… WITH Classpath-exception-2.0`) may stand behind.

SPDX lists exceptions without saying what they are exceptions to; the parser takes any after WITH. The table
is of the texts themselves, which name the licence that they add a permission to. What is not in it belongs to
the GNU licences, as most exceptions do.
"""

import re

_GNU = ("GPL-", "LGPL-", "AGPL-")
# fmt: off
_FITS: dict[str, tuple[str, ...]] = {
    "LLVM-exception": ("Apache-2.0",),
    "Swift-exception": ("Apache-2.0",),
    "mxml-exception": ("Apache-2.0",),
    "SHL-2.0": ("Apache-2.0",),
    "SHL-2.1": ("Apache-2.0",),
    "fmt-exception": ("MIT",),
    "PCRE2-exception": ("BSD-3-Clause",),
    "LZMA-exception": ("CPL-1.0",),
    "KiCad-libraries-exception": ("CC-BY-SA-",),
    "GNOME-examples-exception": ("CC-BY-SA-", "GPL-", "LGPL-"),
    "QPL-1.0-INRIA-2004-exception": ("QPL-1.0",),
    "LLGPL": ("LGPL-",),
    "OCaml-LGPL-linking-exception": ("LGPL-",),
    "Qt-LGPL-exception-1.1": ("LGPL-",),
    "Digia-Qt-LGPL-exception-1.1": ("LGPL-",),
    "LGPL-3.0-linking-exception": ("LGPL-3.0-",),
    "OCCT-exception-1.0": ("LGPL-",),
    "polyparse-exception": ("LGPL-",),
    "WxWindows-exception-3.1": ("LGPL-", "GPL-"),
    "Linux-syscall-note": ("GPL-", "LGPL-"),
    "GPL-3.0-389-ds-base-exception": ("GPL-3.0-", "AGPL-3.0-"),
    "GPL-3.0-interface-exception": ("GPL-3.0-", "AGPL-3.0-"),
    "GPL-3.0-linking-exception": ("GPL-3.0-", "AGPL-3.0-"),
    "GPL-3.0-linking-source-exception": ("GPL-3.0-", "AGPL-3.0-"),
    "GCC-exception-3.1": ("GPL-3.0-",),
    "Qt-GPL-exception-1.0": ("GPL-",),
    "Autoconf-exception-3.0": ("GPL-3.0-",),
    "GPL-CC-1.0": ("GPL-2.0-", "LGPL-2.0-", "LGPL-2.1-"),
    "u-boot-exception-2.0": ("GPL-2.0-",),
    "eCos-exception-2.0": ("GPL-2.0-",),
    "freertos-exception-2.0": ("GPL-2.0-",),
    "OpenJDK-assembly-exception-1.0": ("GPL-2.0-",),
}
# fmt: on
_WITH = re.compile(r"([^\s()]+)\s+WITH\s+([^\s()]+)", re.IGNORECASE)


def find_misfits(expression: str) -> list[str]:
    """One line for each exception of a canonical expression that adds nothing to the licence before it."""
    problems = []
    for license, exception in _WITH.findall(expression):
        fits = _FITS.get(exception, _GNU)
        if exception.startswith("LicenseRef-") or license.startswith(fits):
            continue
        names = ", ".join(f"{name}…" if name.endswith("-") else name for name in fits)
        problems.append(f"{exception} is no exception to {license}, but to {names}")
    return problems
