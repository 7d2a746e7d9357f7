"""Who handed something in: the folders of submitted/, as far as they can be graded under their names.

A folder's name is a student's id in the gradebook, in names of files and on nbgrader's pages, which show it unescaped. It
may come out of an archive that others have named, and a folder may be a link to a neighbour's. What cannot be graded is
named with its reason, and keeps nobody else from it.
"""

import os
import stat
import unicodedata
from collections import defaultdict
from dataclasses import dataclass

_CHARACTERS = 128  # what nbgrader's gradebook has room for
_BYTES = 200  # of a name that stands in names of files
_MEANS_SOMETHING = set('<>"\\*?[')  # to nbgrader: code on its pages, or a pattern for names of files


@dataclass(frozen=True)
class HandedIn:
    """The submissions of one assignment.

    Parameters
    ----------
    students : list of str
        Ids of those that can be graded, sorted.
    refused : dict of str to str
        The others: name of the folder -> why, as the rest of a sentence.
    alike : list of list of str
        Ids among `students` that look the same or nearly so, and may belong to one person.
    """

    students: list[str]
    refused: dict[str, str]
    alike: list[list[str]]


def handed_in(submitted, assignment_name):
    """What there is of an assignment.

    Parameters
    ----------
    submitted : Path
    assignment_name : str

    Returns
    -------
    HandedIn
    """
    students, refused, keys = [], {}, defaultdict(list)
    for name in folders(submitted):
        folder = submitted / name
        if not _holds(folder, assignment_name):
            continue
        reason = refusal(folder, assignment_name)
        if reason:
            refused[name] = reason
        else:
            students.append(name)
            keys["".join(unicodedata.normalize("NFKC", name).casefold().split())].append(name)
    return HandedIn(students, refused, [names for names in keys.values() if len(names) > 1])


def folders(submitted):
    """The names of all folders in `submitted`, sorted."""
    try:
        with os.scandir(submitted) as found:
            return sorted(entry.name for entry in found if entry.is_dir())
    except FileNotFoundError:
        return []


def refusal(folder, assignment_name):
    """Why what a student's folder holds of an assignment cannot be graded, as the rest of a sentence; "" if it can.

    Parameters
    ----------
    folder : Path
        Its name is the student's id.
    assignment_name : str
    """
    try:
        mode = os.lstat(folder / assignment_name).st_mode
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if folder.is_symlink():
        return "is a link"
    if stat.S_ISLNK(mode):
        return f"holds {assignment_name} as a link"
    if not stat.S_ISDIR(mode):
        return f"holds {assignment_name} as a file, not as a folder"
    return no_id(folder.name)


def _holds(folder, assignment_name):
    try:
        return bool(os.lstat(folder / assignment_name))
    except FileNotFoundError:
        return False
    except OSError:
        return True  # for all that one can see


def no_id(name):
    """Why no student can have this id, or ""."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return "has a name that is not UTF-8"
    if any(unicodedata.category(character) == "Cc" for character in name):
        return "has control characters in its name"
    if not name.strip():
        return "has a blank name"
    if "/" in name:
        return "has a slash in its name"
    if name.startswith("."):
        return "has a name that begins with a dot"
    if set(name) & _MEANS_SOMETHING:
        return f"has one of {' '.join(sorted(_MEANS_SOMETHING))} in its name"
    if len(name) > _CHARACTERS or size > _BYTES:
        return "has too long a name"
    return ""
