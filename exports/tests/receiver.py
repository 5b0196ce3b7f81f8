"""A web server of somebody's, who has webhooks call it, and answers as it likes."""

import socketserver
import ssl
import subprocess
from threading import Event, Thread

NAME = "hooks.example"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def make_certificate(folder):
    """The path of a PEM file with a key and its certificate, which is for NAME and signs itself."""
    path = folder / "certificate.pem"
    names = f"subjectAltName=DNS:{NAME},IP:127.0.0.1,IP:::1"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    subprocess.run(
        ["openssl", "req", "-x509", *kind, "-subj", f"/CN={NAME}", "-addext", names]
        + ["-keyout", path, "-out", folder / "alone.pem"],
        check=True,
        capture_output=True,
    )
    with path.open("a") as file:
        file.write((folder / "alone.pem").read_text())
    return path


class Receiver:
    """On loopback. `requests`: what it was sent, as (head, body); `answer`: the pieces of what it
    says to the next ones; `shakes_hands`: whether it speaks TLS at all."""

    def __init__(self, certificate):
        self.requests = []
        self.names = []  # that the callers were after (SNI)
        self.answer = [OK]
        self.shakes_hands = True
        self.connections = 0
        self.ended = Event()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.sni_callback = lambda sock, name, context: self.names.append(name)
        receiver = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                receiver.connections += 1
                if not receiver.shakes_hands:
                    return receiver.ended.wait()
                try:
                    with context.wrap_socket(self.request, server_side=True) as sock:
                        receiver.serve(sock)
                except OSError:  # who calls has hung up
                    pass

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"https://{NAME}:{self.port}/hook?a=1"

    def serve(self, sock):
        with sock.makefile("rb") as file:
            head = b"".join(iter(file.readline, b"\r\n")).decode()
            length = int(head.lower().partition("content-length: ")[2].split()[0])
            self.requests.append((head, file.read(length)))
        for piece in self.answer:
            sock.sendall(piece)

    def __enter__(self):
        Thread(target=self.server.serve_forever, args=[0.05], daemon=True).start()
        return self

    def __exit__(self, *exc):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()

    def hang(self):
        self.ended.wait()
        yield b""

    def drip(self, start=b"HTTP/1.1 200 OK\r\nX-A: "):
        yield start
        while not self.ended.wait(0.05):
            yield b"a"
