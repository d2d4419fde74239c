"""A server of pages on this machine, of which some are none: one is shorter than it says, one has no head, one never comes."""
import socket
import threading
from contextlib import contextmanager

PAGE = b"<h1>a page</h1>\n"
SHORT, ORDERS, NOISE = b"short", b"HTTP/1.0 500 \x1b[31mred\r\n\r\n", bytes(range(32, 127)) * 20


def _whole(body, length=None):
    return b"HTTP/1.1 200 OK\r\nServer: x\r\ncontent-LENGTH: %d\r\n\r\n" % (len(body) if length is None else length) + body


def _request(connection):
    """Its path, or None: it is no request."""
    said = b""
    while not said.endswith(b"\r\n\r\n"):
        more = connection.recv(1024)
        if not more:
            return None
        said += more
    return said.split(b" ")[1].decode("ascii")


def _answer(connection, answers, held):
    path = _request(connection)
    if path == "/never":
        held.append(connection)
        return
    connection.sendall(answers.get(path, b"HTTP/1.0 404 Nothing\r\n\r\n"))
    connection.close()


def _serve(listener, answers):
    held = []
    while True:
        try:
            connection = listener.accept()[0]
        except OSError:
            return
        try:
            _answer(connection, answers, held)
        except OSError:
            connection.close()


@contextmanager
def served(numbers):
    """The ports of the server, and of one that is none."""
    answers = {"/": _whole(PAGE), "/page": _whole(PAGE), "/numbers": _whole(numbers), "/short": _whole(SHORT, 9), "/noise": NOISE,
               "/orders": ORDERS, "/end": b""}
    with socket.socket() as listener, socket.socket() as closed:
        for one in (listener, closed):
            one.bind(("127.0.0.1", 0))
        listener.listen(8)
        threading.Thread(target=_serve, args=(listener, answers), daemon=True).start()
        yield listener.getsockname()[1], closed.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
