"""What people hand over, as plain files: a folder, an archive or a single file, read within bounds and following nothing.

An archive comes from a learning platform, but names and contents in it are the students': they lead out of it, are links,
stand twice, unpack to terabytes. So nothing is unpacked under its own name: bytes go into numbered files, and names stay text
until somebody has decided whose they are. Smaller files come first, so that a huge one finds no room, and costs nobody else.
"""

import contextlib
import filecmp
import os
import re
import shutil
import stat
import tarfile
import unicodedata
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from autograder.isolation import contained

FILE_BYTES = 200 * 2**20
_SECONDS = 1800  # to unpack a class; of a student's own archive, a tenth
_MEMORY_MB = 2048
_DEPTH = 24
_NAME_BYTES = 1000
_ENTRY_BYTES = 1500  # of a file in a ZIP archive's directory, with a long name
_PART_BYTES = 200
_JUNK = {"__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini"}
_ZIP, _TAR = (".zip",), (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_OTHERS = (".7z", ".rar", ".gz", ".bz2", ".xz", ".zst", ".iso")


@dataclass
class Room:
    """How much may still be read, in files and bytes."""

    files: int
    bytes: int


def room_for_a_class(folder):
    """What one download of a whole class may hold, and no more than half of what is free where `folder` is."""
    return Room(25_000, min(20 * 2**30, shutil.disk_usage(folder).free // 2))


def room_for_one():
    """What one student may hand in."""
    return Room(2_000, FILE_BYTES + 50 * 2**20)


class Unreadable(Exception):
    """Nothing can be read of it. The message says why, as the rest of a sentence."""


@dataclass
class Tree:
    """Files with their names, wherever their bytes lie.

    Parameters
    ----------
    files : dict of str to Path
        Name, with forward slashes -> a file with its bytes.
    refused : dict of str to str
        Name -> why there are none, as the rest of a sentence.
    repositories : set of str
        Names of the folders that are Git's working trees.
    unnamed : list of tuple of str and str
        Names that nothing may have, and so say nothing -> why, as the rest of a sentence.
    """

    files: dict[str, Path] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    repositories: set[str] = field(default_factory=set)
    unnamed: list[tuple[str, str]] = field(default_factory=list)

    @property
    def names(self):
        """All names, sorted."""
        return sorted({*self.files, *self.refused})

    def below(self, prefix):
        """The part of the tree whose names begin with `prefix`, which is left off."""
        def cut(names):
            return {name[len(prefix):]: value for name, value in names.items() if name.startswith(prefix)}

        repositories = {name[len(prefix):] for name in self.repositories if f"{name}/".startswith(prefix)}
        return Tree(cut(self.files), cut(self.refused), repositories)

    def under(self, folder):
        """The same tree in a folder."""
        def put(names):
            return {f"{folder}/{name}": value for name, value in names.items()}

        return Tree(put(self.files), put(self.refused), {f"{folder}/{name}".rstrip("/") for name in self.repositories})

    @property
    def tops(self):
        """The outermost parts of all names, sorted."""
        return sorted({name.partition("/")[0] for name in self.names})

    def parts(self):
        """The tree cut into one for each of `tops`, names as they are: a dict."""
        parts = {top: Tree() for top in self.tops}
        for kind in ("files", "refused"):
            for name, value in getattr(self, kind).items():
                getattr(parts[name.partition("/")[0]], kind)[name] = value
        for name in self.repositories:
            if (top := name.partition("/")[0]) in parts:
                parts[top].repositories.add(name)
        return parts

    def add(self, name, path):
        """Take a file in; of two different ones with the same name, neither."""
        if name in self.refused:
            return
        known = self.files.get(name)
        if known is None:
            self.files[name] = path
        elif not filecmp.cmp(known, path, shallow=False):
            del self.files[name]
            self.refused[name] = "stands there twice, with different contents"


def is_archive(name):
    """Whether a file's name says that it can be unpacked."""
    return name.lower().endswith(_ZIP + _TAR)


def stem(name):
    """A file's name without the ending that says what it is."""
    for ending in (*_TAR, *_ZIP, *_OTHERS):
        if name.lower().endswith(ending):
            return name[:-len(ending)]
    return os.path.splitext(name)[0]


def is_packed(name):
    """Whether a file is an archive, be it of a kind that cannot be unpacked here."""
    return name.lower().endswith(_ZIP + _TAR + _OTHERS)


def loose(folder, names):
    """Some files of a folder, as a tree."""
    found = Tree()
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name in names:
                _look_at(entry, "", found, [])
    return found


def named(files):
    """Files that came one by one, as a tree.

    Parameters
    ----------
    files : iterable of (str, Path)
        Each with the name that it came under.

    Returns
    -------
    Tree
    """
    found = Tree()
    for name, path in files:
        clean, reason = _clean(name)
        if reason:
            found.unnamed.append((name, reason))
        elif not junk(clean):
            found.add(clean, path)
    return found


def tree(path, room, scratch):
    """The files of a folder or an archive.

    Parameters
    ----------
    path : Path
    room : Room
    scratch : Path
        A folder for what is unpacked.

    Returns
    -------
    Tree

    Raises
    ------
    Unreadable
    """
    if path.is_dir():
        return _folder(path, room)
    if not path.is_file():
        raise Unreadable("is neither a file nor a folder" if path.exists() else "is not there")
    if not is_archive(path.name):
        raise Unreadable("is an archive of a kind that cannot be read here; unpack it, and give the folder")
    return unpack(path, room, scratch)


def unpack(path, room, scratch, seconds=_SECONDS, name=None):
    """The files of an archive, whatever else is in it; in a process of its own, which is all that it can stop.

    Parameters
    ----------
    path : Path
    room : Room
    scratch : Path
    seconds : float
    name : str, optional
        What it is called, if not as `path` says.

    Returns
    -------
    Tree

    Raises
    ------
    Unreadable
    """
    scratch.mkdir(parents=True, exist_ok=True)
    read = _zip if (name or path.name).lower().endswith(_ZIP) else _tar
    try:
        return contained.call(read, path, room, scratch, seconds=seconds, memory_mb=_MEMORY_MB, passed_on=(Unreadable,))
    except contained.Failed:
        raise Unreadable("is no archive that can be read: damaged, not complete, or made to be too large") from None


def junk(name):
    """Whether a file is none of anybody's work: hidden, or written by an operating system."""
    return any(part.startswith((".", "~$")) or part in _JUNK for part in name.split("/"))


def _folder(root, room):
    found, left = Tree(), room.files
    level = [""]
    for _ in range(_DEPTH):
        below = []
        for inside in level:
            try:
                entries = sorted(os.scandir(root / inside), key=lambda entry: entry.name)
            except OSError as error:
                found.refused[inside or "."] = f"cannot be read ({error.strerror})"
                continue
            if any(entry.name == ".git" for entry in entries):
                found.repositories.add(inside.rstrip("/"))
            left -= len(entries)
            if left < 0:
                raise Unreadable(f"holds more than {room.files:,} files and folders; give a part of it at a time")
            for entry in entries:
                _look_at(entry, inside, found, below)
        level = below
    for inside in level:
        found.refused[inside + "..."] = "lies too deep down"
    return found


def _look_at(entry, inside, found, below):
    name, reason = _clean(inside + entry.name)
    if reason:
        found.unnamed.append((inside + entry.name, reason))
    elif junk(name):
        return
    elif entry.is_symlink():
        found.refused[name] = "is a link"
    elif entry.is_dir(follow_symlinks=False):
        below.append(inside + entry.name + "/")
    elif not entry.is_file(follow_symlinks=False):
        found.refused[name] = "is a pipe, a socket or a device"
    elif entry.stat(follow_symlinks=False).st_size > FILE_BYTES:
        found.refused[name] = _too_large()
    else:
        found.add(name, Path(entry.path))


def _zip(path, room, scratch):
    found = Tree()
    try:
        with open(path, "rb") as file:  # nothing public says how long the directory is before all of it is read
            end = zipfile._EndRecData(file)
        if end and end[zipfile._ECD_SIZE] > room.files * _ENTRY_BYTES:
            raise Unreadable(f"holds more than the {room.files:,} files that are unpacked")
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > room.files:
                raise Unreadable(f"holds more than the {room.files:,} files that are unpacked")
            for number, entry in enumerate(sorted(entries, key=lambda entry: entry.file_size)):
                reason = "is encrypted" if entry.flag_bits & 1 else ""
                if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
                    reason = "is a link or the like"
                _take(found, _zip_name(entry), reason, entry.file_size, lambda entry=entry: archive.open(entry), room,
                      scratch / str(number))
    except zipfile.BadZipFile as error:
        raise Unreadable(f"is no ZIP archive, or not a complete one ({error}); download it again") from None
    return found


def _zip_name(entry):
    """As it was meant: many programs write UTF-8 and do not say so, and it is then read as the code page of MS-DOS."""
    if entry.flag_bits & 0x800:
        return entry.filename
    with contextlib.suppress(UnicodeError):
        return entry.filename.encode("cp437").decode()
    return entry.filename


def _tar(path, room, scratch):
    found, count, total = Tree(), 0, 0
    try:
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                count, total = count + 1, total + member.size
                if count > room.files or total > room.bytes:
                    raise Unreadable(f"holds more than {room.files:,} files or {room.bytes:,} bytes")
                if not member.isdir():
                    _take(found, member.name, "" if member.isreg() else "is a link or the like", member.size,
                          lambda member=member: archive.extractfile(member), room, scratch / str(count))
    except (tarfile.TarError, EOFError, OSError) as error:
        raise Unreadable(f"is no TAR archive, or not a complete one ({error})") from None
    return found


def _take(found, name, reason, size, open_it, room, target):
    clean, unnamed = _clean(name)
    if unnamed:
        found.unnamed.append((name, unnamed))
        return
    name = clean
    if junk(name):
        return
    if not reason and size > FILE_BYTES:
        reason = _too_large()
    if not reason and size > room.bytes:
        reason = "finds no room: what is unpacked has become too large"
    if reason:
        found.files.pop(name, None)
        found.refused[name] = reason
        return
    try:
        with open_it() as source, open(target, "xb") as file:
            while block := source.read(2**20):
                file.write(block)
    except Exception as error:  # a damaged entry: each way of packing fails in its own way
        if isinstance(error, OSError) and error.errno is not None:
            raise  # ours: no space, no permission
        found.files.pop(name, None)
        found.refused[name] = "is damaged"
        target.unlink(missing_ok=True)
        return
    room.bytes -= target.stat().st_size
    found.add(name, target)


def _clean(name):
    """A name as text with forward slashes, and why nothing may have it, or ""."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/"))
    parts = [part for part in name.split("/") if part not in ("", ".")]
    clean = "/".join(parts)
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return clean, "has an absolute name"
    if ".." in parts:
        return clean, "has a name that leads out of where it lies"
    if not parts or any(unicodedata.category(character) == "Cc" for character in name):
        return clean, "has control characters in its name"
    try:
        if any(len(part.encode()) > _PART_BYTES for part in parts) or len(name.encode()) > _NAME_BYTES:
            return clean, "has too long a name"
    except UnicodeEncodeError:
        return clean, "has a name that is not UTF-8"
    return clean, ""


def _too_large():
    return f"is larger than {FILE_BYTES // 2**20} MB"
