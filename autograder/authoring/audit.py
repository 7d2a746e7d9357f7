"""What a hidden suite misses: mutants of the model solutions, each graded as if a student had handed it in.

A mutant takes the place of its function in the solved notebook; what it loses, which visible checks fail and what the
feedback says is its verdict. Where a notebook takes long, only some are graded whole, and of the others only their own item, in
a notebook that ends with its check: that tells whether they are noticed, and not what they cost other items. Verdicts are kept
as they come, in the course's .autograder/audit/NAME/, for as long as suite, notebook, operators and engine stay what they were.
`write_table` puts them beside the suite, in audit.json.

A mutant that computes the same as the model solution is declared in the suite's equivalent.py:

    EQUIVALENT = {"sigmoid.boundary.1a2b3": "At z = 0 both branches are 1/2."}    # id -> why
    INPUTS = {"sigmoid": lambda rng: (rng.normal(size=rng.integers(1, 9)),)}      # function -> random arguments for it

No mutants are made of a function that may be written in many ways and is graded by how well it does. It is named there too:

    OPEN = {"diagnose": "Any rules that name nine problems of eleven are right."}
"""

import contextlib
import copy
import dataclasses
import hashlib
import json
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field

import nbformat
import numpy as np

from autograder import KitError
from autograder.authoring import sample_class
from autograder.authoring.expand import expand
from autograder.course import batch
from autograder.course.replacing import replacing
from autograder.grading import misconceptions, mutants, submission, suite, variants
from autograder.grading.assignment import ENGINE, digest
from autograder.grading.notebook import failed_checks
from autograder.isolation import contained
from autograder.isolation.process import start_zygote

TABLE = "audit.json"  # in a suite's folder
TRIES = 10_000  # random inputs on which a mutant that is declared equivalent must agree
_STUDENT = _SECRET = "audit"  # everywhere the same, so that verdicts are
_ASIDE = 5  # one mutant of so many is kept aside while hints are written


@dataclass(frozen=True)
class Verdict:
    """What grading says about a mutant.

    Parameters
    ----------
    lost : dict of str to float
        Item -> the points that it lost.
    checks : list of str
        Items whose visible checks failed.
    hint : str
        What the feedback says about the mistake; "" if it does not know it.
    reason : str
        Why the first criterion of its own item is not met.
    whole : bool
        Whether all of the notebook was graded, and not only its own item.
    """

    lost: dict = field(default_factory=dict)
    checks: list = field(default_factory=list)
    hint: str = ""
    reason: str = ""
    whole: bool = True


@dataclass(frozen=True)
class Row:
    """A mutant, the item that should lose points for it, and what became of it.

    Parameters
    ----------
    mutant : mutants.Mutant
    item : str
    verdict : Verdict
    declared : str
        Why it is equivalent, if it is declared so; "" if it is not.
    agreement : str
        Of one that is declared: what comparing it with the original on random inputs came to.
    """

    mutant: mutants.Mutant
    item: str
    verdict: Verdict
    declared: str = ""
    agreement: str = ""

    @property
    def killed(self):
        """Whether its own item lost points."""
        return self.item in self.verdict.lost

    @property
    def equivalent(self):
        """Whether it is declared equivalent and nothing contradicts that."""
        return bool(self.declared) and not (self.verdict.lost or self.verdict.checks or self.agreement.startswith("differs"))

    @property
    def spilled(self):
        """The other items that lost points for it."""
        return [item for item in self.verdict.lost if item != self.item]

    @property
    def named(self):
        """Whether the feedback is about this mutant's own change: a hint, of the automatic ones only the right one; or an error
        that shows the very line."""
        hint, changed = self.verdict.hint, [line[2:] for line in self.mutant.diff.splitlines() if line.startswith("+ ")]
        if not hint:
            return any(line[:200] in self.verdict.reason for line in changed if len(line) > 1)
        own = mutants.SLIPS[self.mutant.operator], self.mutant.place
        return misconceptions.SLIP not in hint or any(said and said in hint for said in own)

    def line(self):
        """What a table says of it (dict); what does not hold is left out."""
        said = {"item": self.item, "hidden": self.killed, "visible": bool(self.verdict.checks), "equivalent": self.equivalent,
                "named": self.named, "spilled": self.spilled}
        return {name: value for name, value in said.items() if value}

    @classmethod
    def read(cls, mutant, item, line):
        """A row of which only a table's line is known."""
        lost = [item] * line.get("hidden", False) + line.get("spilled", [])
        verdict = Verdict(dict.fromkeys(lost, 0.0), ["as its table says"] * line.get("visible", False))
        return cls(mutant, item, verdict, "as its table says" if line.get("equivalent") else "")

    @property
    def aside(self):
        """Whether it is one of those that nobody looks at while hints are written."""
        return _drawn(self.mutant.id, "hints") % _ASIDE == 0


class Audit:
    """An audit of an assignment's hidden suite.

    Parameters
    ----------
    course : course.Course
    assignment : assignment.Assignment
    sample : int, optional
        Judge only so many mutants, drawn by their ids: always the same ones, and those of a smaller sample among them.
    items : list of str, optional
        Judge only the mutants of these items.
    whole : int, optional
        Grade only so many of them whole, the first of that drawing, and of the others only their own item.

    Attributes
    ----------
    total, chosen : int
        How many mutants there are, and how many of them it is about.
    waiting : list
        Those whose verdict is not kept.
    open : dict of str to str
        Functions that none are made of -> why.

    Raises
    ------
    KitError
        If no item has functions that students write, or one of `items` is none of those, or the assignment changed after it was
        built.
    """

    def __init__(self, course, assignment, sample=None, items=None, whole=None):
        assignment.check_seal()
        self.assignment = dataclasses.replace(assignment, secret=_SECRET)
        authored = assignment.authored
        found, self.digests = material(authored, assignment.name)
        if not found:
            raise KitError(f"{assignment.name} has no functions to be written, and so nothing to make mutants of")
        if strangers := set(items or ()) - (there := {item for item, _, _ in found}):
            raise KitError(f"{assignment.name} has no item {', '.join(sorted(strangers))} with functions to be written; "
                           f"there is: {', '.join(sorted(there))}")
        self.total = len(found)
        of_items = [one for one in found if not items or one[0] in items]
        chosen = sorted((mutant.id for _, _, mutant in of_items), key=lambda name: _drawn(name, "sample"))[:sample]
        self._whole = set(chosen[:whole])
        self._chosen = [one for one in of_items if one[2].id in set(chosen)]
        module = authored.in_suite(assignment.name, "equivalent")
        self._declared, self._inputs, self.open = (getattr(module, name, {}) for name in ("EQUIVALENT", "INPUTS", "OPEN"))
        self.unknown = sorted(self._declared.keys() - {mutant.id for _, _, mutant in found})
        self._kept = _Kept(course.root / ".autograder/audit" / assignment.name, self._key())
        self._by = digest(assignment.suite, [assignment.suite / "equivalent.py"])[:16] if module else ""
        self.chosen = len(self._chosen)
        self.waiting = [one for one in self._chosen if not (self._is_judged(one[2]) and self._is_compared(one[2]))]

    def run(self, jobs=None, on_result=lambda: None):
        """Judge what waits, in parallel; each verdict is kept the moment it is there.

        Parameters
        ----------
        jobs : int, optional
            How many at once; by default one for each core.
        on_result : callable
            Is called after each.

        Raises
        ------
        KitError
            If the model solution itself loses points, or a process that judges is killed.
        """
        global _work
        if not self.waiting:
            return
        suite.collect_once(self.assignment)
        variants.mistakes(self.assignment)
        submission.refuse_exposure(self.assignment, start_zygote())
        _work = self.assignment, sample_class.solve(self.assignment), self._inputs
        if (wrong := _judge("", None, True)) != Verdict():
            raise KitError(f"the model solution loses points in {', '.join(wrong.lost) or 'no item'}, and visible checks fail in "
                           f"{', '.join(wrong.checks) or 'none'}. {wrong.reason}".strip())
        with batch.workers(jobs, len(self.waiting)) as (executor, _), self._kept.open() as keep:
            parts = {item for item, _, mutant in self.waiting if mutant.id not in self._whole and not self._is_judged(mutant)}
            alone = {item: executor.submit(_judge, item, None, False) for item in parts}
            alone = {item for item, task in alone.items() if task.result() == Verdict(whole=False)}  # others need what comes later
            tasks = {}
            for item, function, mutant in self.waiting:
                if not self._is_judged(mutant):
                    whole = mutant.id in self._whole or item not in alone
                    tasks[executor.submit(_judge, item, mutant, whole)] = mutant
                if not self._is_compared(mutant):
                    tasks[executor.submit(_compare, function, mutant)] = mutant
            for task in as_completed(tasks):
                mutant = tasks[task]
                try:
                    keep(mutant, task.result(), self._by)
                except BrokenProcessPool:
                    raise KitError("a process was killed, perhaps for lack of memory; what was judged is kept: run the same "
                                   "command again, perhaps with --jobs 1") from None
                if self._is_judged(mutant) and self._is_compared(mutant):
                    on_result()

    @property
    def rows(self):
        """What became of each mutant that is judged (list of Row), in the order of the items."""
        return [
            Row(mutant, item, self._kept.verdicts[mutant.digest], self._declared.get(mutant.id, ""),
                self._kept.agreements.get((mutant.digest, self._by), ""))
            for item, _, mutant in self._chosen if self._is_judged(mutant)
        ]

    @property
    def tabled(self):
        """What the table beside the suite says (list of Row); nothing, if it is of another suite or other solutions."""
        table = read_table(self.assignment.authored, self.assignment.name)
        if not table or table["head"]["digests"] != self.digests:
            return []
        known = table["verdicts"]
        return [Row.read(mutant, item, known[mutant.id]) for item, _, mutant in self._chosen if mutant.id in known]

    def write_table(self):
        """Put the verdicts beside the suite; returns the file."""
        path = self.assignment.suite / TABLE
        head = {"digests": self.digests, "mutants": self.total, "open": self.open, "figures": figures(self.rows)}
        lines = [f" {json.dumps(row.mutant.id)}: {json.dumps(row.line())}" for row in self.rows]
        with replacing(path) as file:
            file.write(f'{{"head": {json.dumps(head, indent=1)},\n"verdicts": {{\n' + ",\n".join(lines) + "\n}}\n")
        return path

    def _key(self):
        """A digest of all that decides a verdict beside the mutant."""
        engine = [path for room in ("grading", "isolation") for path in (ENGINE / room).rglob("*.py")]
        reference = self.assignment.authored.reference_folder
        parts = [self.digests["reference"], _suite_digest(self.assignment.suite, "equivalent.py"),
                 digest(ENGINE, [*engine, ENGINE / "testing.py"]), self.assignment.code.get(reference, "")]
        return _of(parts)

    def _is_judged(self, mutant):
        verdict = self._kept.verdicts.get(mutant.digest)
        return bool(verdict) and (verdict.whole or mutant.id not in self._whole)

    def _is_compared(self, mutant):
        return mutant.id not in self._declared or (mutant.digest, self._by) in self._kept.agreements


def material(authored, name):
    """What an audit is about, and what it must be made again for.

    Parameters
    ----------
    authored : Authored
    name : str
        Of the assignment, which need not be built.

    Returns
    -------
    found : list of tuple
        All mutants, each as (item, the reference's function, mutants.Mutant).
    digests : dict of str to str
        The suite: tests, known mistakes, declared equivalents; the reference: the instructor notebook's code, that is model
        solutions, given code and visible checks; the operators: what they make of it.
    """
    cells = [cell for cell in expand(authored.source(name), authored).cells if cell.cell_type == "code"]
    solutions = [cell.metadata["autograder"] for cell in cells if "item" in cell.metadata.get("autograder", {})]
    left_out = getattr(authored.in_suite(name, "equivalent"), "OPEN", {})
    found = [
        (one["item"], function, mutant) for one in solutions
        for function in (getattr(authored.load(module), name) for name, module in one["functions"].items() if name not in left_out)
        for mutant in mutants.mutants_of(function)
    ]
    return found, {
        "suite": _suite_digest(authored.suite(name)),
        "reference": _of([cell.source for cell in cells]),
        "operators": _of([[mutant.id, mutant.digest] for _, _, mutant in found]),
    }


def read_table(authored, name):
    """The table beside a suite: digests and figures under "head", id -> verdict under "verdicts"; None if there is none."""
    path = authored.suite(name) / TABLE
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def figures(rows):
    """What an audit comes to.

    Returns
    -------
    dict
        mutants, equivalent: how many; whole: how many of them were graded whole; killed_hidden, killed_visible: shares of those
        that are not equivalent; spilled: how many cost another item points; named: of those killed that were kept aside, the share
        whose feedback is about their own change.
    """
    real = [row for row in rows if not row.equivalent]
    return {
        "mutants": len(rows),
        "equivalent": len(rows) - len(real),
        "whole": sum(row.verdict.whole for row in rows),
        "killed_hidden": _share(row.killed for row in real),
        "killed_visible": _share(bool(row.verdict.checks) for row in real),
        "spilled": sum(bool(row.spilled) for row in real),
        "named": _share(row.named for row in real if row.killed and row.aside),
    }


class _Kept:
    """Verdicts in a file, a line for each; a line that a crash has cut short is as good as none."""

    def __init__(self, folder, key):
        self._path = folder / f"{key[:16]}.jsonl"
        self.verdicts, self.agreements = {}, {}
        with contextlib.suppress(FileNotFoundError):
            for line in self._path.read_text(encoding="utf-8").splitlines():
                with contextlib.suppress(ValueError, TypeError):
                    self._take(*json.loads(line))

    @contextlib.contextmanager
    def open(self):
        """Gives a function that keeps what a mutant came to; verdicts of other suites and engines go."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        for other in self._path.parent.glob("*.jsonl"):
            if other != self._path:
                other.unlink()
        with open(self._path, "a", encoding="utf-8") as file:
            def keep(mutant, result, by):
                said = result if isinstance(result, str) else dataclasses.asdict(result)
                file.write("\n" + json.dumps([mutant.digest, said, by]))  # first, for the last line may be half of one
                file.flush()
                self._take(mutant.digest, said, by)

            yield keep

    def _take(self, mutant, said, by):
        if isinstance(said, str):
            self.agreements[mutant, by] = said
        else:
            self.verdicts[mutant] = Verdict(**said)


_work = None  # for workers, which fork when it is there: the assignment, its solved notebook, and the suite's INPUTS


def _judge(item, mutant, whole):
    """The verdict on a mutant; on the model solution if it is None."""
    assignment, solved, _ = _work
    sample = sample_class.Sample(_STUDENT, {mutant.function: mutant.source} if mutant else {})
    notebook = nbformat.reads(sample_class.make(sample, assignment, solved), as_version=4)
    if not whole:
        assignment, notebook = _only(item, assignment), _until(item, notebook)
    try:
        report, graded = submission.contain(submission.grade_notebook, assignment, start_zygote(), _STUDENT, notebook)
    except contained.Failed as failure:
        return Verdict({item: 0.0}, [], "", f"grading did not come to its end: {str(failure).splitlines()[-1]}", whole)
    own = [one for one in report.items if one.id == item or not mutant]
    unmet = [criterion for one in own for criterion in one.criteria if not criterion.passed]
    return Verdict(
        {one.id: round(one.points - one.score, 2) for one in report.items if one.score < one.points},
        failed_checks(graded),
        next((criterion.note for criterion in unmet if criterion.note), ""),
        unmet[0].reason if unmet else "",
        whole,
    )


def _only(item, assignment):
    """The assignment as if it ended with an item's check and graded nothing else."""
    part = dataclasses.replace(assignment, items=[one for one in assignment.items if one.id == item], manual={})
    part.released_notebook = _until(item, assignment.released_notebook)
    return part


def _until(item, notebook):
    """A notebook as far as an item's check."""
    end = notebook.cells.index(sample_class.cell(notebook, item))
    return nbformat.from_dict(notebook | {"cells": notebook.cells[:end + 1]})


def _compare(function, mutant):
    """Whether a mutant that is declared equivalent does on random inputs what the original does; a sentence."""
    draw = _work[2].get(mutant.function)
    if draw is None:
        return "by its argument alone: INPUTS has nothing for this function"
    changed = variants.Variant("", mutant.id, "", function, mutant.source).function
    rng, returned = np.random.default_rng(0), False
    for number in range(TRIES):
        try:
            arguments = draw(rng)
            theirs, ours = (_outcome(one, copy.deepcopy(arguments)) for one in (changed, function))
        except Exception as error:  # whatever an author can get wrong
            raise KitError(f"equivalent.py, INPUTS[{mutant.function!r}]: {type(error).__name__}: {error}") from None
        if not misconceptions.same(theirs, ours):
            return f"differs on random input {number + 1}: {str(arguments)[:200]}"
        returned |= ours[0] == "returned"
    if not returned:
        raise KitError(f"equivalent.py, INPUTS[{mutant.function!r}]: with all of them the model solution raises {ours[1]}")
    return f"agrees on {TRIES:,} random inputs"


def _outcome(function, arguments):
    """What a call comes to: what it returns or raises, and what its arguments are afterwards."""
    with np.errstate(all="ignore"):
        try:
            return ["returned", function(*arguments), list(arguments)]
        except Exception as error:
            return ["raised", type(error).__name__, list(arguments)]


def _drawn(name, purpose):
    """A number that follows from a mutant's id."""
    return int.from_bytes(hashlib.sha256(f"{purpose}/{name}".encode()).digest()[:8], "big")


def _of(parts):
    """A digest of plain data."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _suite_digest(folder, *without):
    decides_nothing = {"alternatives.py", "sample_class.py", *without}
    return digest(folder, (path for path in folder.rglob("*.py") if path.name not in decides_nothing))


def _share(truths):
    truths = list(truths)
    return round(sum(truths) / len(truths), 3) if truths else 1.0
