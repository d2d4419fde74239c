"""A server of pages on this machine, of which some are none: one is shorter than it says, one has no head, one never comes, of one comes a
part. What is behind /visit it brings from another port of this machine, which is the guest's."""
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


def _visit(port, path):
    """All that comes when it asks for that there; of what breaks off, what came."""
    came = b""
    try:
        with socket.create_connection(("127.0.0.1", port)) as guest:
            guest.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode("ascii"))
            while more := guest.recv(4096):
                came += more
    except OSError:
        pass
    return came or b"HTTP/1.0 502 Nobody\r\n\r\n"


def _answer(connection, answers, held, guest):
    path = _request(connection)
    if path in ("/never", "/half"):
        connection.sendall(answers.get(path, b""))
        held.append(connection)
        return
    if path and path.startswith("/visit/"):
        connection.sendall(_visit(guest, path.removeprefix("/visit")))
        connection.close()
        return
    connection.sendall(answers.get(path, b"HTTP/1.0 404 Nothing\r\n\r\n"))
    connection.close()


def _serve(listener, answers, guest):
    held = []
    while True:
        try:
            connection = listener.accept()[0]
        except OSError:
            return
        try:
            _answer(connection, answers, held, guest)
        except OSError:
            connection.close()


@contextmanager
def served(numbers, guest=0):
    """The ports of the server, and of one that is none. `guest`: the port of this machine that is the guest's."""
    answers = {"/": _whole(PAGE), "/page": _whole(PAGE), "/numbers": _whole(numbers), "/short": _whole(SHORT, 9), "/noise": NOISE,
               "/orders": ORDERS, "/half": _whole(b"half a page\n", 99), "/end": b""}
    with socket.socket() as listener, socket.socket() as closed:
        for one in (listener, closed):
            one.bind(("127.0.0.1", 0))
        listener.listen(8)
        threading.Thread(target=_serve, args=(listener, answers, guest), daemon=True).start()
        yield listener.getsockname()[1], closed.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
