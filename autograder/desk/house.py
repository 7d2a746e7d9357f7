"""The house behind the desk: one process that forks graders, and hands them what is to be done.

    python -m autograder.desk.house COURSE DESCRIPTOR GRADERS [SCHEDULER]

The desk, which must answer at once and has threads, cannot fork; so it starts this one and talks with it in lines of JSON over
a socket. A job goes to an idle grader, and its end is told. What a grader leaves behind is on disk before that, so whoever is
killed, and whenever, a job is only done again. One grader does nothing but look: what can be said of a notebook at once need not
wait for those that take minutes.
"""

import contextlib
import gc
import json
import mmap
import multiprocessing
import os
import socket
import sys
import traceback
from collections import Counter
from multiprocessing.connection import wait

from autograder import KitError
from autograder.course import batch, feedback, trouble
from autograder.course.course import Course
from autograder.course.replacing import replacing
from autograder.desk import counting, results
from autograder.desk.looking import look_at, make_ready
from autograder.desk.settings import Desk
from autograder.desk.tries import Tries
from autograder.grading import submission, suite, variants
from autograder.isolation import contained
from autograder.isolation.process import start_zygote, stop_zygote
from autograder.isolation.student import pages
from autograder.isolation.student.sandbox import die_with_parent

LOOK, GRADE, PAGE, WHOLE = "look", "grade", "page", "whole page"
OPEN, MET, LOST = b"\0\1\2"  # what is told of an item while a submission is graded
_ITEMS = 250  # of which that can be told
_SECONDS = 60  # to make a submission ready, to look at it, or to lay out its page
_TELL_SECONDS = 0.15
_STARTS = 3  # of a job that a grader was killed over
_NICENESS = 5  # the desk itself answers first, and student code comes last
_LINE = 2**20


class House:
    """The graders, and what each of them does.

    Parameters
    ----------
    course : Course
    desk : socket.socket
        To the desk.
    graders : int
    scheduler : str or None
        Address of a Dask scheduler whose workers grade in place of this machine.
    """

    def __init__(self, course, desk, graders, scheduler=None):
        self._course, self._desk, self._scheduler = course, desk, scheduler
        self._settings = Desk.of(course)
        self._progress = mmap.mmap(-1, (graders + 1) * _ITEMS)
        self._assignments = {name: course.assignment(name) for name in course.built}
        self._struck, self._opened = Counter(), None
        self._heard = b""
        self._graders = [None] * (graders + 1)

    def run(self):
        """Do what the desk asks for, until it is gone or the course is built anew."""
        self._prepare()
        for place in range(len(self._graders)):
            self._engage(place)
        self._tell(ready=len(self._graders) - 1, refusal=self._refusal)
        seen = self._course.built
        while True:
            busy = any(grader.job for grader in self._graders)
            ready = wait([self._desk, *(one for grader in self._graders for one in (grader.pipe, grader.process.sentinel))],
                         _TELL_SECONDS if busy else 2.0)
            for place, grader in enumerate(self._graders):
                if grader.pipe in ready:
                    self._settle(place)
                elif grader.process.sentinel in ready:
                    self._bury(place)
            if self._desk in ready and not self._listen():
                return
            self._tell_progress()
            if not any(grader.job for grader in self._graders) and self._course.built != seen:
                return  # another one, with what is built now, takes this one's place

    def _prepare(self):
        """Load here, once, what all graders need, and look whether student code could reach what it must not."""
        zygote = start_zygote()
        for assignment in self._assignments.values():
            batch.check(self._course, assignment)
            suite.collect_once(assignment)
            variants.mistakes(assignment)
            feedback.prepare(assignment)
            submission.refuse_exposure(assignment, zygote)  # which waits until the zygote is ready, for all that are forked here
        self._refusal = zygote.refusal
        gc.freeze()
        pages.collapse()

    def _engage(self, place):
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("fork").Process(target=self._work, args=(place, theirs, ours), daemon=True)
        process.start()
        theirs.close()
        self._graders[place] = _Grader(process, ours)

    def _work(self, place, pipe, theirs):
        """What a grader does all its life."""
        die_with_parent()
        theirs.close()
        self._desk.close()
        if place:
            os.nice(_NICENESS)
        slot = place * _ITEMS
        while True:
            job = pipe.recv()
            try:
                self._do(job, slot)
                pipe.send("")
            except (KitError, OSError) as error:  # a database or a disk that is not there now
                pipe.send(trouble.sentence(error) if isinstance(error, OSError) else str(error))

    def _do(self, job, slot):
        assignment = self._assignments[job["assignment"]]
        one = Tries(self._course, assignment.name, job["student"]).get(job["number"])
        if one is None:
            return  # somebody has removed it
        if job["do"] == LOOK:
            look_at(assignment, one)
        elif job["do"] in (PAGE, WHOLE):
            self._lay_out(assignment, one, job["do"] == WHOLE)
        else:
            try:
                self._grade(assignment, one, slot)
            except (KitError, OSError):
                raise
            except Exception:  # whatever it is, it is this try's alone
                one.fail(traceback.format_exc())

    def _grade(self, assignment, one, slot):
        make_ready(assignment, one)
        places = {item.id: slot + place for place, item in enumerate(assignment.items[:_ITEMS])}
        self._progress[slot:slot + _ITEMS] = bytes(_ITEMS)

        def on_test(result):
            if result.id in places:
                self._progress[places[result.id]] = MET if all(one.passed for one in result.criteria) else LOST

        if self._scheduler:
            report, entry = self._on_workers(assignment, one)
        else:
            report, entry = batch.grade(assignment, one.student, one.files, on_test)
        if one.look is None:
            look_at(assignment, one)
        rule = self._settings.counting(assignment.name)
        with self._gradebook() as gradebook:
            remarks = counting.enter(self._course, gradebook, one, report, entry, rule)
        report.remarks += [f"To be looked into: {remark}." for remark in remarks]
        if not report.graded:
            one.fail(report.problems[-1])
            return
        _write(one.graded, entry.files)
        one.finish(report)

    @contextlib.contextmanager
    def _gradebook(self):
        """The course's gradebook, which a grader keeps open: after any trouble with it, it is opened anew."""
        if self._opened is None:
            with contextlib.ExitStack() as stack:
                gradebook = stack.enter_context(self._course.open_gradebook())
                self._opened = stack.pop_all(), gradebook
        stack, gradebook = self._opened
        try:
            yield gradebook
            gradebook.nbgrader.db.rollback()  # what was read is not kept
        except BaseException:
            self._opened = None
            if not stack.__exit__(*sys.exc_info()):
                raise

    def _on_workers(self, assignment, one):
        from autograder.course.cluster import Cluster

        submitted, handed_in = batch.read(assignment, one.files)
        with Cluster(self._scheduler, assignment, lambda sentence: None, []) as cluster:
            future = cluster.submit(one.student, submitted, handed_in, batch.fingerprint(assignment, submitted))
            while not future.done():
                cluster.watch()
                wait([], _TELL_SECONDS)
            return cluster.settled(future).result()

    def _lay_out(self, assignment, one, whole):
        """The page of a graded notebook, which holds what a student wrote: laid out apart, like all such."""
        with self._gradebook() as gradebook:
            due, extensions = gradebook.deadlines(assignment.name)
            student = {known.id: known for known in gradebook.students()}.get(one.student)
            late_rule, recorded = gradebook.late_rule, gradebook.results(assignment, [one.student]).get(one.student)
        result = results.of_try(one, one.report, student, due, extensions.get(one.student))
        if whole and recorded and recorded.handed_in == one.receipt.at:
            result = recorded  # with points and comments by hand
        try:
            text = contained.call(feedback.page, self._course, assignment, result, late_rule, one.graded,
                                  () if whole else results.withheld(assignment), seconds=_SECONDS)
        except contained.Failed:
            return  # whoever wants to see it is told that there is none; trying it again would end in the same way
        with replacing(one.page(whole), mode=0o600) as file:
            file.write(text)

    def _listen(self):
        """Take in what the desk says; whether it is still there."""
        said = self._desk.recv(_LINE)
        *lines, self._heard = (self._heard + said).split(b"\n")
        for line in lines:
            job = json.loads(line)
            idle = [place for place, grader in enumerate(self._graders) if not grader.job and bool(place) == (job["do"] == GRADE)]
            if idle and job["assignment"] in self._assignments:  # or it was built just now, and another house knows it
                self._give(idle[0], job)
            else:
                self._tell(id=job["id"], end="busy")
        return bool(said)

    def _give(self, place, job):
        self._graders[place].job = job
        with contextlib.suppress(OSError):  # it has just been killed, which its sentinel says
            self._graders[place].pipe.send(job)

    def _settle(self, place):
        grader = self._graders[place]
        try:
            why = grader.pipe.recv()
        except (EOFError, OSError):
            self._bury(place)
            return
        job, grader.job = grader.job, None
        self._struck.pop(job["id"], None)
        self._tell(id=job["id"], end="trouble" if why else "done", why=why)

    def _bury(self, place):
        """A grader was killed: another one takes its place, and does what this one was doing."""
        grader = self._graders[place]
        grader.process.join()
        grader.pipe.close()
        self._engage(place)
        if grader.job:
            self._struck[grader.job["id"]] += 1
            if self._struck[grader.job["id"]] < _STARTS:
                self._give(place, grader.job)
            else:
                self._tell(id=grader.job["id"], end="killed", why="the process that graded it was killed, again and again")

    def _tell_progress(self):
        for place, grader in enumerate(self._graders[1:], 1):
            if grader.job:
                count = len(self._assignments[grader.job["assignment"]].items[:_ITEMS])
                now = self._progress[place * _ITEMS:place * _ITEMS + count]
                if now != grader.told:
                    grader.told = now
                    self._tell(id=grader.job["id"], items=list(now))

    def _tell(self, **message):
        self._desk.sendall(json.dumps(message).encode() + b"\n")


class _Grader:
    def __init__(self, process, pipe):
        self.process, self.pipe, self.job, self.told = process, pipe, None, b""


def _write(folder, contents):
    for name, text in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text)


def main():
    """Entry point."""
    root, descriptor, graders, *scheduler = sys.argv[1:]
    die_with_parent()
    start_zygote()
    House(Course(root), socket.socket(fileno=int(descriptor)), int(graders), *scheduler).run()
    stop_zygote()


if __name__ == "__main__":
    main()
