"""A real SMTP server that keeps what it gets, or refuses it."""

import asyncio
import email
import email.policy
from queue import Queue

from aiosmtpd.controller import Controller

from microblog.valkey import free_port


class Sink:
    """Address `url` for EMAIL_URL; every mail taken goes into the queue `mails`, parsed.

    While `refusal` is set, for example to "550 no such box", mails are refused with it. `delay`:
    seconds before each answer. `on_taken(message)` is called when a mail was taken, and the client,
    having heard so, says QUIT; `on_data(message)` before the answer to it is given.
    """

    def __init__(self):
        self.mails = Queue()
        self.refusal = None
        self.delay = 0
        self.on_data = self.on_taken = lambda message: None
        self.taken = None
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self.url = f"smtp://127.0.0.1:{self.controller.port}"

    async def handle_MAIL(self, server, session, envelope, address, options):
        await asyncio.sleep(self.delay)
        envelope.mail_from = address
        return "250 go on"

    async def handle_RCPT(self, server, session, envelope, address, options):
        await asyncio.sleep(self.delay)
        envelope.rcpt_tos.append(address)
        return "250 go on"

    async def handle_DATA(self, server, session, envelope):
        await asyncio.sleep(self.delay)
        if self.refusal:
            return self.refusal
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.put(message)
        self.taken = message
        self.on_data(message)
        return "250 taken"

    async def handle_QUIT(self, server, session, envelope):
        if self.taken:
            self.on_taken(self.taken)
        return "221 bye"

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, *exception):
        self.controller.stop()
