"""A TCP proxy that loses what it is told to lose."""

import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit


class Proxy:
    """Stands before the server of `url`, under a `url` of its own.

    While `loses_answers`, what the server says is not passed on: the client has asked, the server
    has done it, and the client never hears so. `lost`: such answers, one after the other.
    """

    def __init__(self, url):
        self.server = urlsplit(url)
        self.loses_answers = False
        self.lost = []
        self.sockets = []

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        port = self.listener.getsockname()[1]
        self.url = self.server._replace(netloc=f"127.0.0.1:{port}").geturl()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *error):
        for each in [self.listener, *self.sockets]:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self):
        with suppress(OSError):  # closed
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection((self.server.hostname, self.server.port))
                self.sockets += [client, server]
                for ends in ((client, server.sendall), (server, self._answer_to(client))):
                    threading.Thread(target=_pass_on, args=ends, daemon=True).start()

    def _answer_to(self, client):
        def answer(words):
            self.lost.append(words) if self.loses_answers else client.sendall(words)

        return answer


def _pass_on(source, give):
    with suppress(OSError):
        while words := source.recv(65536):
            give(words)
