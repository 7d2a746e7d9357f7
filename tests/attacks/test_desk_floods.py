"""Floods at the desk: whatever one of them sends, and however much, another still hands in."""

import http.client
import json
import resource
import socket
import subprocess
import sys
import time

import desks
import ports
import pytest
from kit import KIT

from autograder.desk.tries import UPLOAD_BYTES, Tries


@pytest.fixture(scope="module")
def desk(tmp_path_factory, zygote):
    """A desk with tries without an end."""
    course = desks.course(tmp_path_factory.mktemp("flooded") / "course", "c.Desk.minutes_for_a_try = 0")
    with desks.desk(course) as running:
        yield running


@pytest.fixture
def grace(desk):
    """Somebody else, who hands in after each flood and must have a receipt at once."""
    browser = desk.browser("grace")
    yield browser
    began = time.monotonic()
    status, _, text = browser.hand_in("tiny", {"tiny.ipynb": desks.notebook(desk.course, note=str(began))})
    assert status == 303, text


def answer(desk, request, wait=10.0):
    """What the desk says to bytes, "" if it closes the connection."""
    with socket.create_connection((desk.host, desk.port), timeout=wait) as connection:
        try:
            connection.sendall(request)
            return connection.recv(65536).decode(errors="replace")
        except (ConnectionError, TimeoutError):
            return ""


def test_too_large_a_body_is_refused_before_it_is_read(desk, grace):
    """Catches bodies that are taken into memory and refused then."""
    ada = desk.browser("ada")
    ada.get("/work/tiny/")
    cookies = "; ".join(f"{name}={value}" for name, value in ada.cookies.items())
    head = (f"POST /work/tiny/hand-in HTTP/1.1\r\nHost: x\r\nCookie: {cookies}\r\nContent-Type: multipart/form-data; boundary=x\r\n"
            f"Content-Length: {UPLOAD_BYTES * 3}\r\n\r\n")
    assert "413" in answer(desk, head.encode()).partition("\r\n")[0]


def test_nobodys_body_is_not_read(desk, grace):
    """Catches uploads of strangers."""
    head = ("POST /work/tiny/hand-in HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
            f"Content-Length: {UPLOAD_BYTES - 1000}\r\n\r\n")
    assert "403" in answer(desk, head.encode()).partition("\r\n")[0]


def test_a_body_without_an_end_is_cut_off(desk, grace):
    """Catches a body in chunks, of which no length was said."""
    ada = desk.browser("ada")
    cookies = "; ".join(f"{name}={value}" for name, value in ada.cookies.items())
    with socket.create_connection((desk.host, desk.port), timeout=30) as connection:
        connection.sendall(f"POST /work/tiny/hand-in HTTP/1.1\r\nHost: x\r\nCookie: {cookies}\r\nTransfer-Encoding: chunked\r\n"
                           "Content-Type: multipart/form-data; boundary=x\r\n\r\n".encode())
        chunk = b"100000\r\n" + b"\0" * 2**20 + b"\r\n"
        with pytest.raises(ConnectionError):
            for _ in range(3 * UPLOAD_BYTES // 2**20):
                connection.sendall(chunk)
            raise AssertionError("all of it was taken")


@pytest.mark.parametrize("body", [
    b"".join(b'--x\r\nContent-Disposition: form-data; name="files"; filename="f%d"\r\n\r\nx\r\n' % number for number in range(60)),
    b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 300_000,
    b"--x\r\n" + b"A: b\r\n" * 200_000 + b"\r\n",
    b"--x" * 1_000_000,
], ids=["files", "fields", "headers", "boundaries"])
def test_a_form_of_many_parts_holds_nobody_up(desk, grace, body):
    """Catches a form that takes longer to read than to send."""
    ada = desk.browser("ada")
    began = time.monotonic()
    status, _, _ = ada.request("POST", "/work/tiny/hand-in", body + b"--x--\r\n", Content_Type="multipart/form-data; boundary=x")
    assert status in (400, 403)
    assert not any(one.receipt.names == [] for one in Tries(desk.course, "tiny", "ada"))
    assert time.monotonic() - began < 30


def test_a_large_form_of_another_page_is_refused(desk, grace):
    """Catches bodies of forms that need none."""
    ada = desk.browser("ada")
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        status, _, _ = ada.request("POST", "/leave", b"x" * 2**20, Content_Type="application/x-www-form-urlencoded")
        assert status != 413
        raise AssertionError(status)


@pytest.mark.parametrize("request_", [
    b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20_000 + b"\r\n", b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n", b"\0" * 100_000,
    b"GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
], ids=["headers", "address", "nothing", "two-lengths", "negative"])
def test_a_request_that_is_none_ends_there(desk, grace, request_):
    """Catches a request that the server chokes on, or reads otherwise than a proxy before it would."""
    said = answer(desk, request_, wait=3).partition("\r\n")[0]
    assert not said or " 4" in said


def test_many_that_say_nothing_keep_nobody_out(desk, grace):
    """Catches a server that has as many places as somebody has open connections."""
    silent = [socket.create_connection((desk.host, desk.port)) for _ in range(300)]
    for connection in silent[::2]:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: ")
    status, _, text = desk.browser("ada").hand_in("tiny", {"tiny.ipynb": desks.notebook(desk.course, note="beside them")})
    assert status == 303, text
    for connection in silent:
        connection.close()


def test_many_readers_of_events_keep_nobody_out(desk, grace):
    """Catches streams that take all of the server's time."""
    ada = desk.browser("ada")
    _, address, _ = ada.hand_in("tiny", {"tiny.ipynb": desks.notebook(
        desk.course, "import time\nfor _ in range(3): time.sleep(0.4)\n" + "def relu(z): return z\nrelu_grad = relu")})
    cookies = "; ".join(f"{name}={value}" for name, value in ada.cookies.items())
    readers = [socket.create_connection((desk.host, desk.port)) for _ in range(150)]
    for reader in readers:
        reader.sendall(f"GET {address}/events HTTP/1.1\r\nHost: x\r\nCookie: {cookies}\r\n\r\n".encode())
    assert "Points by item" in desk.browser("ada").result(address)
    for reader in readers:
        reader.close()


def test_so_many_tries_an_hour_and_no_more(desk, grace):
    """Catches files that are no notebook, and cost no try, without an end."""
    ada = desk.browser("ada")
    statuses = [ada.hand_in("tiny", {"x.txt": b"x"})[0] for _ in range(70)]
    assert statuses[-1] == 403 and statuses.count(303) <= 60


def test_links_cannot_be_guessed_for_ever(desk, grace):
    """Catches guessing that nobody stops."""
    browser = desk.browser()
    statuses = [browser.request("GET", f"/enter/{'a' * 31}{number % 10}")[0] for number in range(25)]
    assert statuses[0] == 404 and statuses[-1] == 429


def test_where_there_is_no_room_there_is_no_receipt(tmp_path, zygote):
    """Catches a receipt for what could not be written, and a desk that dies of it."""
    course = desks.course(tmp_path / "course")
    (port,) = ports.free()
    links = course.root / "links.csv"

    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))

    process = subprocess.Popen(
        [sys.executable, "-m", "autograder.cli", "serve", "--course", course.root, "--port", str(port), "--links", links],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=KIT, preexec_fn=small)
    try:
        assert any("is open at" in line for line in process.stdout)
        link = next(line for line in links.read_text().splitlines() if line.startswith("ada,")).rpartition(",")[2]
        ada = desks.Browser("127.0.0.1", port)
        ada.enter(link)
        large = json.dumps({"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {"x": "x" * 2 * 2**20}}).encode()
        status, _, text = ada.hand_in("tiny", {"tiny.ipynb": large})
        assert status == 507 and "could NOT be kept" in text
        assert not list(Tries(course, "tiny", "ada"))
        status, address, text = ada.hand_in("tiny", {"tiny.ipynb": desks.notebook(course)})
        assert status == 303, text
    finally:
        process.terminate()
        process.communicate(timeout=60)
