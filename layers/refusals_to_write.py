"""What the system says where it does not let us write: the place, and the fix."""

import errno
import os

from layers.storage import TEMPORARY_PREFIX

_FIXES = {
    errno.ENOSPC: ("there is no space left on its disk", "free some"),
    errno.EDQUOT: ("the quota of its disk is used up", "free some"),
    errno.EFBIG: ("it is longer than files may be here", "raise the limit (ulimit -f)"),
    errno.EROFS: ("it lies on a disk that can only be read", "choose another place"),
    errno.EACCES: ("you may not", "ask whose it is, or choose another place"),
    errno.EPERM: ("you may not", "ask whose it is, or choose another place"),
    errno.EEXIST: ("there is another thing of this name", "choose another name"),
    errno.EISDIR: ("it is a folder", "choose another name"),
    errno.ENOTDIR: ("a part of its path is a file", "choose another place"),
    errno.ENAMETOOLONG: ("its name is too long", "choose another name"),
    errno.ELOOP: ("its links lead in a circle", "choose another place"),
    errno.EMFILE: ("too many files are open", "raise the limit (ulimit -n)"),
}
"""Number of an error → what it says, and what to do before the command is given again."""


def describe_refusal(error: BaseException) -> str | None:
    """One sentence for people; None where it is another error."""
    if not isinstance(error, OSError) or error.errno not in _FIXES:
        return None
    what, fix = _FIXES[error.errno]
    if error.filename is None:
        return f"a file cannot be written: {what}; {fix}, then give the same command again"
    folder, name = os.path.split(os.fsdecode(error.filename))
    place = f"a file in {folder}" if name.startswith(TEMPORARY_PREFIX) else error.filename
    return f"{place} cannot be written or read: {what}; {fix}, then give the same command again"
