"""source/README.md says where each entry of the lecture's outline is treated; here it is held to that."""

import re

from kit import KIT

SOURCE = KIT / "source"
ROW = re.compile(r"^\| (?!Outline |:--)(.+) \| `(.+)` \| (.+) \|$", re.MULTILINE)
ROWS = ROW.findall((SOURCE / "README.md").read_text(encoding="utf-8"))


def headings(path):
    """The headings of a notebook's source, as they are but for the points that they name."""
    prose = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return {re.sub(r" \(\d+ points?\b.*\)$", "", title) for title in re.findall(r"^#+ (.+)$", prose, re.MULTILINE)}


def test_every_line_of_the_tables_is_read():
    """Catches a row with a typo in it, which no other test would then see."""
    text = (SOURCE / "README.md").read_text(encoding="utf-8")
    assert len(ROWS) == sum(line.startswith("| ") and not line.startswith("| Outline ") for line in text.splitlines())


def test_every_entry_is_where_the_table_says():
    """Catches a section that was renamed or moved, a notebook that was never written, a reading left out."""
    faults = []
    for entry, file, section in ROWS:
        path = SOURCE / file
        if not path.is_file():
            faults.append(f"{file} is missing: {entry}")
            continue
        if section not in headings(path):
            faults.append(f"{file} has no section {section!r}: {entry}")
        text = " ".join(path.read_text(encoding="utf-8").split())
        faults += [f"{file} does not name {title}" for title in re.findall(r"\*(.+?)\*", entry) if f"*{title}*" not in text]
    assert not faults, "\n".join(faults)


def test_every_notebook_is_in_the_table():
    """Catches a notebook that nobody would find."""
    notebooks = {path.relative_to(SOURCE).as_posix() for path in SOURCE.glob("*/*.md")}
    assert notebooks - {file for _, file, _ in ROWS} == set()
