"""The lecture's notebooks: what a build, which runs each of them, does not notice. It also keeps the release fresh."""

import ast
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
import sys

import jupytext
import nbformat
import numpy as np
import pytest
from kit import KIT

from autograder.course import pages

RELEASE = KIT / "release/lecture"
NOTEBOOKS = sorted(path.stem for path in RELEASE.glob("*.ipynb"))
FOR_READING = [*RELEASE.glob("*.ipynb"), *(KIT / "release/labs").glob("*.ipynb")]
COLUMNS = 88
INSTALLED_AS = {"sklearn": "scikit-learn"}


@pytest.fixture(params=NOTEBOOKS)
def notebook(request):
    """One released notebook after the other."""
    return nbformat.read(RELEASE / f"{request.param}.ipynb", as_version=4)


def texts(notebook, kind):
    return [cell.source for cell in notebook.cells if cell.cell_type == kind]


def header(name):
    return jupytext.read(KIT / "source/lecture" / f"{name}.md").metadata["autograder"]


def test_the_notebooks_are_numbered_as_their_titles_say():
    """Catches a notebook that was added, moved or renamed in one place only."""
    for number, name in enumerate(NOTEBOOKS, 1):
        first = nbformat.read(RELEASE / f"{name}.ipynb", as_version=4).cells[0].source
        assert first.startswith(f"# {number}. ")
        assert name.startswith(f"{number:02d}_")
        assert header(name)["title"].startswith(f"Lecture {number} of {len(NOTEBOOKS)}: ")


def test_the_pieces_are_what_there_is(notebook):
    """Catches a section that was renamed, or added without a piece of the lecture that it belongs to."""
    text = "\n".join(texts(notebook, "markdown"))
    rows = re.search(r"^\| pieces of about 15 minutes \| \|\n\|:--\|:--\|\n((?:\|.*\|\n?)+)", text, re.MULTILINE)[1].splitlines()
    pieces = [re.fullmatch(r"\| (.+?)( \(.+\))? \| (core|optional)\b.* \|", row)[1] for row in rows]
    named = {title for sections in pieces for title in sections.split(" · ")}
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    parts = [part.split("\n") for part in re.split(r"^# ", prose, flags=re.MULTILINE)[2:]]  # each with its own sections
    inside = [{title, *(line.lstrip("# ") for line in lines if line.startswith("#"))} for title, *lines in parts]
    assert named <= set().union(*inside)
    assert all(sections & named for sections in inside)


def test_there_is_a_question_before_the_experiments(notebook):
    """Catches a question that stands before nothing that could answer it."""
    asked = 0
    for cell, after in zip(notebook.cells, [*notebook.cells[1:], None], strict=True):
        if cell.cell_type == "markdown" and "> **Before you run it:**" in cell.source:
            *_, last = cell.source.split("\n\n")
            assert last.startswith("> **Before you run it:**") and after.cell_type == "code"
            asked += 1
    assert asked >= 5


@pytest.mark.parametrize("path", FOR_READING, ids=lambda path: path.stem)
def test_code_is_narrow_and_says_briefly_what_it_does(path):
    """Catches lines that a laptop breaks or cuts off, and docstrings that one would have to scroll past."""
    notebook = nbformat.read(path, as_version=4)
    for source in texts(notebook, "code"):
        assert not [line for line in source.split("\n") if len(line) > COLUMNS]
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                assert len((ast.get_docstring(node) or "").split("\n")) <= 3, node.name
    folded = [cell.source for cell in notebook.cells if cell.metadata.get("jupyter", {}).get("source_hidden")]
    assert any("plt.rcParams" in source for source in folded)


@pytest.mark.parametrize("path", FOR_READING, ids=lambda path: path.stem)
def test_formulas_can_be_shown_without_a_script(path):
    """Catches TeX that the pages to read could only show as it was typed."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            page = pages.laid_out(cell.source, cell.get("attachments"))
            shown = re.sub(r"<pre><code>.*?</code></pre>", "", page, flags=re.DOTALL)
            assert "pre-wrap" not in page and not re.search(r"<code>[^<]*\\[a-z]|<pre>", shown), cell.source[:200]
            assert shown.count("<math ") == len(re.findall(r"\$\$.+?\$\$|\$.+?\$", re.sub(r"`[^`]*`", "", cell.source), re.DOTALL))


def test_references_lead_somewhere(notebook):
    """Catches "notebook 10", "Exercise 6", and a picture that is not there."""
    prose = "\n".join(texts(notebook, "markdown"))
    assert {int(n) for n in re.findall(r"[Nn]otebook (\d+)", prose)} <= set(range(1, len(NOTEBOOKS) + 1))
    assert {int(n) for n in re.findall(r"Exercise (\d+)", prose)} <= set(range(1, 6))
    for cell in notebook.cells:
        for alternative, file in re.findall(r"!\[(.*?)\]\(attachment:(.+?)\)", cell.source):
            assert alternative, f"{file} says nothing to someone who cannot see it"
            assert file in cell.attachments


def test_every_reading_has_a_link():
    """Catches a title that students would have to look for."""
    text = "\n".join(texts(nbformat.read(RELEASE / "09_limits_and_bridge.ipynb", as_version=4), "markdown"))
    readings = re.findall(r"^- (.+)", text[text.index("# Recommended reading"):], re.MULTILINE)
    assert len(readings) == 11
    assert all(re.match(r"\[\*.+?\*\]\(https?://[^)\s]+\)", reading) for reading in readings)


def test_every_picture_is_there_in_words(notebook):
    """Catches a figure that says nothing to someone who cannot see it."""
    for cell, after in zip(notebook.cells, [*notebook.cells[1:], None], strict=True):
        if cell.cell_type == "code" and "plt.show()" in cell.source:
            assert after.source.startswith("<details><summary>The picture in words</summary>\n\n"), cell.source


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_there_is_one_setting_for_the_texts(name):
    """Catches a second place where a corpus is named, and files that a notebook asks for and the header does not."""
    code = "\n".join(texts(nbformat.read(RELEASE / f"{name}.ipynb", as_version=4), "code"))
    settings = re.findall(r'^DATA = "data/(\w+)"$', code, re.MULTILINE)
    assert settings == list(header(name).get("data", {}))
    assert len(settings) <= 1
    assert set(re.findall(r"= load_split\((\w+), ", code)) == ({"DATA"} if settings else set())


def test_what_is_imported_is_in_the_requirements(notebook):
    """Catches a notebook that runs here and not in an environment made from requirements.txt."""
    pinned = {line.split("==")[0] for line in (RELEASE / "requirements.txt").read_text().splitlines()}
    trees = [ast.parse(text) for text in texts(notebook, "code")]
    named = set()
    for node in (node for tree in trees for node in tree.body):  # load_split imports `datasets` where it is needed
        if isinstance(node, ast.Import):
            named |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            named.add(node.module.partition(".")[0])
    assert {INSTALLED_AS.get(module, module) for module in named - sys.stdlib_module_names} <= pinned


def test_prose_survives_markdown(notebook):
    """Catches <unk> outside of code, which a page shows as nothing, and a formula that is not closed."""
    for text in texts(notebook, "markdown"):
        prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
        prose = re.sub(r"`[^`]+`", "", prose)
        assert not re.search(r"<(?!details>|summary>)\w+>", prose)
        assert prose.count("$$") % 2 == 0
        assert prose.replace("$$", "").count("$") % 2 == 0


@pytest.mark.parametrize("folder", ["lecture", "labs"])
def test_every_picture_that_a_page_shows_is_there_in_words(built, folder):
    """Catches a figure drawn by a function of the notebook's own that says nothing to someone who cannot see it."""
    for page in (built(folder).root / "built/pages" / folder).glob("*.html"):
        drawn = page.read_text(encoding="utf-8").split('<div class="output"><img')[1:]
        assert all("The picture in words" in after.partition('<div class="highlight">')[0] for after in drawn), page.name


# notebook, a number in its prose, and where a cell prints it; how far they may be apart
CLAIMS = [
    ("lecture/01_motivation", r"single words of a new text (\d+) %", r"^ 1 .* (\d+\.\d)%", 0.5),
    ("lecture/01_motivation", r"seen in training, of the pairs (\d+) %", r"^ 2 .* (\d+\.\d)%", 0.5),
    ("lecture/01_motivation", r"of the pairs \d+ %, then (\d+) %", r"^ 3 .* (\d+\.\d)%", 0.5),
    ("lecture/01_motivation", r"then \d+ % and (\d+) %", r"^ 4 .* (\d+\.\d)%", 0.5),
    ("lecture/01_motivation", r"of the runs of five words (\d+) %", r"^ 5 .* (\d+\.\d)%", 0.5),
    ("lecture/02_activations", r"dips to \$(-0\.\d+)\$ at", r"GELU is lowest, (-0\.\d+)", 0.005),
    ("lecture/02_activations", r"dips to \$-0\.\d+\$ at \$z = (-0\.\d+)\$", r"GELU is lowest, -0\.\d+, at z = (-0\.\d+)", 0),
    ("lecture/02_activations", r"\\infty\)\$ \| (1\.\d+) \| BERT", r"and steepest, (1\.\d+)", 0.005),
    ("lecture/03_embeddings", r"A single number per word brings (0\.\d+)", r"^ +1 +2,039 +(0\.\d+)", 0.01),
    ("lecture/03_embeddings", r"64 of them bring (0\.\d+)", r"^ +64 +130,496 +(0\.\d+)", 0.01),
    ("lecture/03_embeddings", r"raise accuracy from (0\.\d+) to", r"^random .* new reviews: (0\.\d+)", 0.01),
    ("lecture/03_embeddings", r"raise accuracy from 0\.\d+ to (0\.\d+)", r"^pre-trained, frozen .* new reviews: (0\.\d+)", 0.01),
    ("lecture/03_embeddings", r"worse than freezing\*\*, (0\.\d+)", r"^pre-trained, fine-tuned .* new reviews: (0\.\d+)", 0.01),
    ("lecture/04_forward_pass", r" (0\.\d+): the network is rather sure", r"P\(positive\) = (0\.\d+)", 0),
    ("lecture/04_forward_pass", r"\\cdot 1 - 0\.1 = (\d\.\d)\$", r"z2, shape \(1,\): \[(\d\.\d)\]", 0),
    ("lecture/06_backpropagation", r"\$w\$ \(0\.500; \$(-\d\.\d+)\$\)", r"dL/dw = (-\d\.\d+)", 0),
    ("lecture/06_backpropagation", r"\$a\$ \(0\.622; \$(-\d\.\d+)\$\)", r"dL/da = (-\d\.\d+)", 0),
    ("lecture/06_backpropagation", r"\$L\$ \((\d\.\d+); 1\.000\)", r" L = (\d\.\d+)", 0),
    ("lecture/06_backpropagation", r"Follow \$(-\d\.\d+)\$", r"dL/dz = (-\d\.\d+)", 0),
    ("lecture/06_backpropagation", r"from that of a guess to (0\.\d+)", r"loss after 2,000 steps: (0\.\d+)", 0.0001),
    ("lecture/06_backpropagation", r"about (\d+) % where the weights began", r"^tanh, weights too large(?: +\d+%){4} +(\d+)%", 5),
    ("lecture/06_backpropagation", r"about (\d+) % where the steps are too", r"^tanh, steps too large(?: +\d+%){4} +(\d+)%", 4),
    ("lecture/07_optimizers", r"AdamW stays near (0\.\d)", r"^AdamW +\d+ +(0\.\d+)", 0.05),
    ("lecture/07_optimizers", r"600 steps and ends near (0\.\d)", r"^momentum +\d+ +(0\.\d+)", 0.05),
    ("lecture/07_optimizers", r"SGD later still, at about (0\.\d)", r"^SGD +not in this run +(0\.\d+)", 0.05),
    ("lecture/09_limits_and_bridge", r"right about some (\d+) of 100 reviews", r"accuracy on new reviews: 0\.(\d\d)", 1),
    ("lecture/09_limits_and_bridge", r"falls slowly, from (0\.\d+) to", r"^left out: +0% (0\.\d+)", 0.015),
    ("lecture/09_limits_and_bridge", r"to (0\.\d+) with 60 % of the words gone", r"^left out: .* 60% (0\.\d+)", 0.015),
    ("lecture/09_limits_and_bridge", r"in place of (0\.\d+) with 80 % gone", r"^left out: .* 80% (0\.\d+)", 0.015),
    ("lecture/09_limits_and_bridge", r"(0\.\d+) in place of", r"^replaced by an unknown word: .* 80% (0\.\d+)", 0.015),
    ("lecture/09_limits_and_bridge", r"is known rises from (\d+) %", r"^ +30 +(\d+\.\d)%", 0.5),
    ("lecture/09_limits_and_bridge", r"accuracy from (0\.\d+) to", r"^ +30 .* (0\.\d+)$", 0.005),
    ("lecture/09_limits_and_bridge", r"accuracy from 0\.\d+ to (0\.\d+)", r"^ +2,038 .* (0\.\d+)$", 0.005),
    ("labs/competition", r"right about (\d+) % of the validation texts", r"^validation accuracy 0\.(\d\d)", 1),
    ("labs/competition", r"to the right of it, around (0\.\d+)", r"the winner's mean score: (0\.\d+)", 0.001),
    ("labs/debugging", r"from that of guessing to about (0\.\d+) within", r"mean loss of the last 30 steps: (0\.\d+)", 0.01),
    ("labs/debugging", r"it shoots up to some (\d+)", r"^highest loss (\d+)", 50),
    ("labs/discussion", r"In this network ([\d,]+) rows", r"^(\d+) rows in the embedding matrix", 50),
    ("labs/training", r"validation loss is lowest in epoch (\d+)", r"^at the ring +epoch +(\d+)", 2),
    ("labs/training", r"4 texts, (0\.\d) for 16 and 64", r"cosine for 64: (0\.\d+)", 0.05),
    ("labs/tuning", r"epoch (\d+), at the ring", r"^trial 1: best epoch (\d+)", 1),
    ("labs/tuning", r"at the ring, with (0\.\d+)", r"^trial 1: .* validation loss (0\.\d+)", 0.02),
]


@pytest.mark.parametrize(("name", "said", "printed", "apart"), CLAIMS)
def test_the_prose_says_what_the_cells_print(built, name, said, printed, apart):
    """Catches "nearly nine reviews in ten" above a cell that prints 0.846."""
    folder, _, notebook = name.partition("/")
    prose = " ".join(" ".join(texts(nbformat.read(KIT / "release" / f"{name}.ipynb", as_version=4), "markdown")).split())
    page = (built(folder).root / "built/pages" / folder / f"{notebook}.html").read_text(encoding="utf-8")
    output = html.unescape("\n".join(re.findall(r'<div class="output"><pre>(.*?)</pre>', page, re.DOTALL)))
    (claim,) = re.findall(said, prose)
    assert abs(float(claim.replace(",", "")) - float(re.search(printed, output, re.MULTILINE)[1])) <= apart


def test_what_is_shown_of_real_texts_was_measured_by_the_program_beside_it():
    """Catches results of an earlier program, and anything but names and numbers: the texts are not ours to give."""
    program, results = RELEASE / "real_texts.py", json.loads((RELEASE / "real_texts.json").read_text(encoding="utf-8"))
    for corpus in results.values():
        assert corpus["about"]["sha256 of real_texts.py"] == hashlib.sha256(program.read_bytes()).hexdigest()
    words = re.findall(r'"([^"]*)"', json.dumps(results))
    assert max(map(len, words)) == 64 and len(set(words)) < 40  # nothing is longer than a digest


def test_real_texts_are_measured_from_a_folder_in_the_hubs_layout(tmp_path):
    """Catches a program that cannot read what it is for, leaves line breaks in, or mixes the classes up."""
    pytest.importorskip("datasets")
    rng = np.random.default_rng(0)
    (tmp_path / "corpus").mkdir()
    for part, m in (("train", 300), ("test", 100)):
        labels = rng.integers(2, size=m)
        opinions = np.where(labels, "it is good<br /><br />", "it is bad<br /><br />")
        rows = [{"text": f"{opinion}film {rng.integers(30)}", "label": int(label)} for opinion, label in zip(opinions, labels)]
        (tmp_path / "corpus" / f"{part}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    shutil.copy(RELEASE / "real_texts.py", tmp_path)
    subprocess.run([sys.executable, "real_texts.py", "imdb", "corpus", "--seeds", "1"], cwd=tmp_path, check=True,
                   capture_output=True, env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"})
    measured = json.loads((tmp_path / "real_texts.json").read_text(encoding="utf-8"))["imdb"]
    assert sum(measured["about"]["test texts"]) == 100
    for model in ("logistic regression", "network on words", "network on n-grams"):
        assert measured[model]["accuracies"] == [1.0]
        assert measured[model]["tokens"] < 400  # "br" is none of them
