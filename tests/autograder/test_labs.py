"""The labs teach what they say: each broken training run is found ill as released and well with the key, and so on.

How far the checks of the debugging lab are from chance, measured over 12 other seeds for each patient (their limits: loss
of the last steps 0.4, or 0.3 for patient 2; gradient 1; accuracy 0.75; highest loss 1.5; gap 0.04):

    patient   what is checked        ill                repaired
    1         loss at the end        0.78 to 3.25       0.20 to 0.24
              largest gradient       17 to 53           0.16 to 0.41
    2         loss at the end        0.521 to 0.530     0.007 to 0.039
    3         loss at the end        0.693 to 0.694     0.20 to 0.24
    4         first loss             4.16               0.65 to 0.73
    5         largest change         0.37 to 0.77       0
    7         highest loss           57 to 255          0.70 to 0.72
    8         accuracy               0.54 to 0.72       0.83 to 0.87
    9         accuracy               0.48 to 0.53       0.85 to 0.87
    10        gap                    0.077 to 0.100     -0.037 to -0.015, standard deviation 0.007
    11        loss at the end        0.66 to 0.69       0.09 to 0.15
    all       accuracy, repaired                        0.82 to 0.88
"""

import re

import nbformat
import pytest
from kit import KIT, kit

from autograder.authoring.expand import expand, without_instructor_cells
from autograder.grading.session import CodeCell, Session
from autograder.isolation.limits import Limits
from reference.datasets.files import write_splits

LABS = sorted(path.stem for path in (KIT / "source/labs").glob("*.md"))
PATIENTS = range(1, 12)

# patient, what to replace in its code, by what: repairs that are right, but not the key's
OTHER_REPAIRS = [
    (1, "        optimizer.step()\n", "        optimizer.step()\n        model.zero_grad()\n"),
    (1, "model[-1].weight.grad.norm()", "float(torch.autograd.grad(F.binary_cross_entropy_with_logits("
        "model(X[rows]).squeeze(1), y[rows]), model[-1].weight)[0].norm()) * torch.ones(())"),
    (2, "binary_cross_entropy_with_logits", "binary_cross_entropy"),
    (3, "y[rows] * z", "y[rows].unsqueeze(1) * z"),
    (4, "torch.softmax(model(ids), dim=0)", "model(ids).exp() / model(ids).exp().sum(1, keepdim=True)"),
    (5, "return vectors.mean(dim=1)", "return torch.stack([v[i > 0].mean(0) if (i > 0).any() else v[0] * 0 "
        "for v, i in zip(vectors, ids)])"),
    (6, "        return ((model(X_val)", "        model.eval()\n        result = ((model(X_val)"),
    (6, ".mean().item()\n\n", ".mean().item()\n        model.train()\n        return result\n\n"),
    (7, "LR_7 = 1.0", "LR_7 = 0.03"),
    (8, "in_folders.split(size)", "torch.tensor(np.random.permutation(len(y))).split(size)"),
    (9, "return kept, labels[: len(kept)]", "return kept, labels[np.array([len(text.split()) >= 30 for text in texts])]"),
    (10, "    rng.shuffle(pairs)\n    cut = len(pairs) // 4\n    validation, training = pairs[:cut], pairs[cut:]\n",
         "    chosen = set(rng.permutation(len(texts))[: len(texts) // 4].tolist())\n"
         "    source = [*range(len(texts)), *np.repeat(range(len(texts)), 2).tolist()]\n"
         "    validation = [pair for pair, i in zip(pairs[: len(texts)], source) if i in chosen]\n"
         "    training = [pair for pair, i in zip(pairs, source) if i not in chosen]\n"),
    (11, "nn.Linear(32, 1), nn.ReLU())", "nn.Linear(32, 1))"),
    (11, "Adam(layers.parameters()", "Adam(list(layers.parameters()) + list(words.parameters())"),
    (11, "probability(ids) > 0)", "probability(ids).round() == 1)"),
]
# and repairs of the symptom, or of half of the cause
HALF_REPAIRS = [
    (1, "lr=0.01", "lr=0.001"),
    (2, "lr=0.01", "lr=0.1"),
    (3, "y[rows] * z).mean()", "y[rows] * z).mean(dim=0).mean()"),
    (4, "torch.softmax(model(ids), dim=0)", "torch.sigmoid(model(ids))"),
    (5, "nn.Embedding(n_rows, 32)", "nn.Embedding(n_rows, 32, padding_idx=0)"),
    (6, "    with torch.no_grad():", "    model.eval()\n    with torch.no_grad():"),
    (7, "LR_7 = 1.0", "LR_7 = 0.0001"),
    (8, "torch.argsort(y, stable=True)", "torch.argsort(y, stable=True)[torch.randperm(len(y))]"),
    (9, "labels[: len(kept)]", "labels[len(labels) - len(kept) :]"),
    (10, "for _ in range(2):", "for _ in range(0):"),
    (11, "nn.Linear(32, 1), nn.ReLU())", "nn.Linear(32, 1))"),  # and the third bug, in what measures, stays
    (11, "Adam(layers.parameters()", "Adam(list(layers.parameters()) + list(words.parameters())"),
]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The folder that the labs call data."""
    folder = tmp_path_factory.mktemp("labs") / "data"
    write_splits(folder / "reviews", "reviews", seed=1, train=3000, validation=1000)
    return folder


@pytest.fixture
def run(zygote, data):
    """Runs code cells in a student process; returns what they print and show, and fails if a cell fails."""
    def run_cells(sources):
        session = Session(zygote, [CodeCell(source) for source in sources],
                          Limits(cell_seconds=60, cpu_seconds=240), {"data": str(data)})
        session.close()
        for source, cell in zip(sources, session.runs, strict=True):
            assert cell.status == "ok", f"{source[:200]}\n...\n{cell.outputs}"
        return [cell.outputs for cell in session.runs]
    return run_cells


def sources(lab, instructor=False):
    """The code cells of a lab."""
    notebook = expand(KIT / f"source/labs/{lab}.md", kit().authored, graded=False)
    return [cell.source for cell in (notebook if instructor else without_instructor_cells(notebook)).cells
            if cell.cell_type == "code"]


def printed(outputs):
    """The text of all outputs of all cells."""
    return "".join(str(output.get("text", output.get("data", {}).get("text/plain", "")))
                   for cell in outputs for output in cell)


def verdicts(text):
    """Patient -> whether the check found it well."""
    return {int(number): verdict == "is well." for number, verdict
            in re.findall(r"Patient (\d+) (is well\.|is not well yet\.)", text)}


def repaired(repairs):
    """The code cells of the debugging lab with those replacements in the patients' own code."""
    cells = sources("debugging")
    for patient, old, new in repairs:
        index = next(i for i, cell in enumerate(cells)  # the first that defines something of the patient's
                     if re.search(rf"^(def \w+_{patient}\(|LR_{patient} =)", cell, re.MULTILINE))
        assert cells[index].count(old) == 1, (patient, old)
        cells[index] = cells[index].replace(old, new)
    return cells


def test_every_patient_is_ill_as_released(run):
    """Catches a broken run whose check passes before anybody has repaired anything."""
    assert verdicts(printed(run(sources("debugging")))) == dict.fromkeys(PATIENTS, False)


def test_the_key_repairs_every_patient(run):
    """Catches a key that does not repair what it says it repairs."""
    assert verdicts(printed(run(sources("debugging", instructor=True)))) == dict.fromkeys(PATIENTS, True)


def test_another_repair_is_as_good_as_the_key(run):
    """Catches a check that wants the key's words instead of a healthy run."""
    assert verdicts(printed(run(repaired(OTHER_REPAIRS)))) == dict.fromkeys(PATIENTS, True)


def test_half_a_repair_is_none(run):
    """Catches a check that is content when the symptom is covered up."""
    assert verdicts(printed(run(repaired(HALF_REPAIRS)))) == dict.fromkeys(PATIENTS, False)


def test_tuning_shows_a_result_and_sliders_or_a_sentence(run):
    """Catches a panel that fails, or shows nothing, without a live front end or without ipywidgets."""
    cells = sources("tuning")
    end = next(i for i, cell in enumerate(cells) if cell.endswith("sliders(explore)")) + 1
    outputs = run([*cells[:end], 'import sys\nsys.modules["ipywidgets"] = None\nsliders(explore)'])
    assert any("image/png" in output.get("data", {}) for output in outputs[end - 2])
    assert "validation accuracy 0.9" in printed(outputs[end - 2 : end - 1])
    assert printed(outputs[end - 1 : end]) == "Here are sliders when this notebook is open in JupyterLab or Notebook."
    assert printed(outputs[end:]).startswith("No sliders without ipywidgets")


def test_the_missions_of_tuning_can_be_fulfilled(run):
    """Catches a mission that the instructor's trials do not fulfil, that the first trial does already, or that is not counted
    as soon as a run is over."""
    cells = sources("tuning", instructor=True)
    end = max(i for i, cell in enumerate(cells) if cell.startswith("explore(")) + 1
    first, *_, last = lists = re.findall(r"Diverge.*?trials so far", printed(run(cells[:end])), re.DOTALL)
    assert first.count("open") == 6 and last.count("done, by trial") == 6
    assert len(lists) == 1 + cells[end - 1].count("explore(")


def test_a_lab_says_how_long_it_takes():
    """Catches a part of which nobody knows whether it can be left out."""
    for lab in LABS:
        text = (KIT / f"source/labs/{lab}.md").read_text()
        table = re.search(r"^\| \w+ \| minutes \| \|\n\|:--\|--:\|:--\|\n((?:\|.*\|\n)+)", text, re.MULTILINE)[1]
        rows = table.strip().split("\n")
        assert len(rows) >= 3 and all(re.fullmatch(r"\| .+ \| \d+( and more)? \| (core|optional).* \|", row) for row in rows), lab


BAD_ENTRIES = """
bad = {
    "probabilities": lambda texts: np.full(len(texts), 0.5),
    "constant": lambda texts: np.ones(len(texts), dtype=int),
    "column": lambda texts: predict(texts)[:, None],
    "by chance": lambda texts: np.random.randint(0, 2, len(texts)),
    "by company": lambda texts: (np.array([len(t) for t in texts]) > np.mean([len(t) for t in texts])).astype(int),
    "by place": lambda texts: np.arange(len(texts)) % 2,
}
print("accepted:", [name for name, entry in bad.items() if check_entry(entry)], check_entry(predict))
"""


def test_the_competition_has_better_entries_than_its_baseline_and_knows_bad_ones(run):
    """Catches a starter that nothing beats, and a check of the contract that lets everything pass."""
    cells = [cell for cell in sources("competition", instructor=True)
             if not re.search(r"^right_cv|^boards|^enter\(\"hidden", cell, re.M)]
    text = printed(run([*cells, BAD_ENTRIES]))
    assert "accepted: [] True" in text
    best = {name.strip(): float(mean) for name, mean in re.findall(r"^(.{34}) (0\.\d{3})   ", text, re.M)}
    assert best["words hidden, 12 epochs"] > best["baseline"] + 0.03
    assert best["windows of words (one seed)"] > best["baseline"] + 0.05


@pytest.mark.parametrize("lab", LABS)
def test_nothing_that_instructors_alone_may_read_is_released(lab):
    """Catches an answer key in release/."""
    notebook = expand(KIT / f"source/labs/{lab}.md", kit().authored, graded=False)
    secret = {line for cell in notebook.cells if "instructor" in cell.metadata.get("tags", []) and cell.cell_type == "markdown"
              for line in cell.source.splitlines() if len(line) > 40}
    path = KIT / f"release/labs/{lab}.ipynb"
    public = {line for cell in nbformat.read(path, as_version=4).cells for line in cell.source.splitlines()}
    assert len(secret) >= 3 and not secret & public
    assert not re.search(r"For the instructor|\*\*Key|\*\*Guide|\bpatch\(|class Windows|\"instructor\"", path.read_text())
