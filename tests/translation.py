"""A translation service that answers as it likes."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

LIBRE = json.dumps({"translatedText": "Good morning to all"}).encode()


class Service:
    """A server on loopback: what it was asked, and what it shall answer, as (status, pieces), or
    (status, function) that is called for the pieces of each answer."""

    def __init__(self):
        self.questions = []
        self.answer = 200, [LIBRE]
        self.ended = Event()

    def __enter__(self):
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["Content-Length"])
                question = json.loads(self.rfile.read(length))
                service.questions.append((self.path, self.headers, question))
                status, pieces = service.answer
                self.send_response(status)
                self.end_headers()
                for piece in pieces() if callable(pieces) else pieces:
                    self.wfile.write(piece)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, args=[0.05], daemon=True).start()
        return self

    def __exit__(self, *exc):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()

    def hang(self):
        self.ended.wait()
        yield b""

    def drip(self):
        while not self.ended.wait(0.05):
            yield b" "
