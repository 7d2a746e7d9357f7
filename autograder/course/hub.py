"""A course on a JupyterHub: students work on servers of their own, graders on one that is a service of the hub.

A jupyterhub_config.py calls `serve`, and `open_desk` where students are to have a desk; docs/jupyterhub.md has all that belongs to
one. The service is nbgrader's documented way to several graders: a single-user server in the course's folder, with the rights of
the grader's account. What the servers of each kind leave out stands in `servers/`, among which Jupyter looks first.
"""

import pwd
from pathlib import Path

from autograder import KitError

_SERVERS = Path(__file__).with_name("servers")


def serve(c, course_id, folder, grader, instructors, port=8090):
    """Add a course to the configuration of a hub, whose other users are its students.

    Parameters
    ----------
    c : traitlets.config.Config
        What `get_config()` gives in a jupyterhub_config.py.
    course_id : str
        As in nbgrader_config.py: formgrader is at /services/COURSE_ID/.
    folder : str or Path
        The course's folder. It must belong to the grader's account, and be closed to others.
    grader : str
        The account of this system that holds the course and grades. Nobody has to log in as it.
    instructors : iterable of str
        The users of the hub who grade: whoever is no longer among them loses formgrader when the hub starts again.
    port : int
        Where on 127.0.0.1 the hub reaches the service; another one for each course.

    Raises
    ------
    KitError
        If there is no such account, or the folder is not a course that belongs to it alone.
    """
    _check(Path(folder), grader)
    _add(c, course_id, folder, grader, port, ["jupyterhub-singleuser", "--ServerApp.default_url=/formgrader"],
         JUPYTER_CONFIG_PATH=str(_SERVERS / "grader"))
    c.JupyterHub.load_roles.append({
        "name": f"formgrade-{course_id}", "users": list(instructors), "scopes": [f"access:services!service={course_id}"]})
    c.Spawner.environment.update({"JUPYTER_CONFIG_PATH": str(_SERVERS / "student")})


def open_desk(c, course_id, folder, grader, port=8091):
    """Add a course's desk (`autograder serve`) to the configuration of a hub, all of whose users may hand in there.

    They do so at /services/COURSE_ID-desk/, or by *Submit* in JupyterLab's Assignment List. The course's side is for the users
    that `c.Desk.staff` in its nbgrader_config.py names.

    Parameters
    ----------
    c : traitlets.config.Config
        What `get_config()` gives in a jupyterhub_config.py.
    course_id, folder, grader
        As for `serve`.
    port : int
        Where on 127.0.0.1 hub and servers reach the desk; another one for each.

    Raises
    ------
    KitError
        If there is no such account, or the folder is not a course that belongs to it alone.
    """
    _check(Path(folder), grader)
    name = f"{course_id}-desk"
    _add(c, name, folder, grader, port, ["autograder", "serve"])
    may_enter = f"access:services!service={name}"
    c.JupyterHub.extra_user_scopes.add(may_enter)
    c.Spawner.server_token_scopes.extend(["users:activity!user", "access:servers!server", may_enter])  # two are what servers have
    c.Spawner.environment.update({
        "JUPYTER_CONFIG_PATH": str(_SERVERS / "student"),
        f"AUTOGRADER_DESK_{port}": f"http://127.0.0.1:{port}/services/{name}/ {course_id}"})


def _add(c, name, folder, grader, port, command, **environment):
    """Add a service that the hub starts in the course's folder, with the rights of the grader's account."""
    c.JupyterHub.services.append({
        "name": name,
        "url": f"http://127.0.0.1:{port}",
        "command": command,
        "user": grader,
        "cwd": str(folder),
        "environment": {"PYTHONPATH": str(folder)} | environment,  # where notebooks find model solutions, this lecture its suites
        "oauth_no_confirm": True,  # it is the course's own: nobody has to be asked whether they trust it
    })


def _check(folder, grader):
    try:
        account = pwd.getpwnam(grader).pw_uid
    except KeyError:
        raise KitError(f"no account {grader!r} on this machine, which is to grade {folder}: make one, as with useradd") from None
    if not (folder / "nbgrader_config.py").is_file():
        raise KitError(f"{folder} is not a course: it has no nbgrader_config.py")
    status = folder.stat()
    if status.st_uid != account or status.st_mode & 0o077:
        raise KitError(f"{folder} holds hidden tests and grades, and others can reach it: "
                       f"chown -R {grader}: {folder} && chmod 700 {folder}")
