"""A real SMTP server that keeps what it gets, or refuses it."""

import asyncio
import email
import email.policy
from queue import Queue

from aiosmtpd.controller import Controller
from django.db import connections

from microblog.valkey import free_port


class Sink:
    """Address `url` for EMAIL_URL; every mail taken goes into the queue `mails`, parsed.

    While `refusal` is set, for example to "550 no such box", mails are refused with it. `delay`:
    seconds before each answer. `on_taken(message)` is called when a mail was taken, and the client,
    having heard so, says QUIT; `on_data(message)` before the answer to it is given. `once["RCPT"]`
    is called, without arguments, before the first answer to that command. While `silent`, mails
    that were taken get no answer.
    """

    def __init__(self, address="127.0.0.1"):
        self.mails = Queue()
        self.refusal = None
        self.delay = 0
        self.on_data = self.on_taken = lambda message: None
        self.once = {}
        self.silent = False
        self.taken = None
        self.controller = Controller(self, hostname=address, port=free_port())
        self.url = f"smtp://{address}:{self.controller.port}"

    def tell(self, listener, *what):
        listener(*what)
        connections.close_all()  # its own, of this thread, which nobody else would close

    async def before(self, command):
        await asyncio.sleep(self.delay)
        self.tell(self.once.pop(command, lambda: None))

    async def handle_MAIL(self, server, session, envelope, address, options):
        await self.before("MAIL")
        envelope.mail_from = address
        return "250 go on"

    async def handle_RCPT(self, server, session, envelope, address, options):
        await self.before("RCPT")
        envelope.rcpt_tos.append(address)
        return "250 go on"

    async def handle_DATA(self, server, session, envelope):
        await self.before("DATA")
        if self.refusal:
            return self.refusal
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.put(message)
        self.taken = message
        self.tell(self.on_data, message)
        if self.silent:
            await asyncio.Event().wait()  # until the client hangs up
        return "250 taken"

    async def handle_QUIT(self, server, session, envelope):
        if self.taken:
            self.tell(self.on_taken, self.taken)
        return "221 bye"

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, *exception):
        self.controller.stop()
