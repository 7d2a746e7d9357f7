"""The desk's pages for instructors and TAs."""

from tornado.web import HTTPError

from autograder.desk.site import StudentsPage


class StaffPage(StudentsPage):
    """A page for somebody of the course's side."""

    async def prepare(self):
        """Refuse everybody else."""
        await super().prepare()
        if not self.current_user.is_staff:
            raise HTTPError(404)


class Overview(StaffPage):
    """All assignments."""

    async def get(self):
        """Show them."""
        self.show("course.html.j2", assignments=self.desk.assignments)


STAFF = [(r"course/", Overview)]
