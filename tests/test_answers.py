"""Every question to think about has an answer for instructors, and no student gets it."""

import re

import nbformat
from kit import KIT

TEXT = (KIT / "source/answers.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\S+\.md)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))
ANSWER = re.compile(r"^- \*(.+?)\* … (.+?)(?=^- \*|\Z)", re.MULTILINE | re.DOTALL)


def questions(path):
    """The first words of each question of a source: a paragraph, or a numbered list."""
    text = path.read_text(encoding="utf-8")
    for start in re.finditer(r"^\*\*To think about\.\*\*", text, re.MULTILINE):
        paragraph, *following = text[start.end():].strip().split("\n\n")
        if paragraph.startswith("1. "):
            yield from re.findall(r"^\d\. (.+)", paragraph, re.MULTILINE)
        else:
            yield " ".join(paragraph.split())


def test_every_question_has_one_answer():
    """Catches a question that was added or reworded, and that an instructor would be asked in class."""
    for path in sorted((KIT / "source").glob("*/*.md")):
        name = path.relative_to(KIT / "source").as_posix()
        begun = [words for words, _ in ANSWER.findall(SECTIONS.get(name, ""))]
        for question in questions(path):
            fitting = [words for words in begun if question.startswith(words)]
            assert fitting, f"source/answers.md, {name}: no answer begins with: {question[:60]}"
            begun.remove(fitting[0])


def test_no_answer_reaches_students():
    """Catches the file, or a sentence of it, in a release."""
    sentences = {sentence for section in SECTIONS.values() for _, answer in ANSWER.findall(section)
                 for sentence in re.split(r"(?<=[.?]) ", " ".join(answer.split())) if len(sentence) > 40}
    assert len(sentences) > 100
    assert not list((KIT / "release").rglob("*answers*"))
    for path in (KIT / "release").rglob("*.ipynb"):
        text = " ".join(" ".join(cell.source for cell in nbformat.read(path, as_version=4).cells).split())
        assert not [sentence for sentence in sentences if sentence in text], path
