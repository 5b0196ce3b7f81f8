"""People at their browsers: some ask for an export, others read. Each answer is noted."""

import re
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle
from queue import Empty, Queue
from threading import Event, Thread

import requests

PASSWORD = "correct-horse-battery"
ASKERS = 6
ASK_EVERY = 1.5  # seconds of each asker
READ_EVERY = 0.25  # seconds of each reader
PATIENCE = 60  # seconds
GIVE_UP = 120  # seconds
TRY_AGAIN = 1  # seconds
# What is there without a database
NEEDS_NOTHING = "/healthz/", "/robots.txt", "/manifest.webmanifest", "/static/css/site.css"
NO_ANSWER = 0


@dataclass(frozen=True)
class Answer:
    """Of a request from `began` to `ended` (seconds); the status is NO_ANSWER where none came."""

    began: float
    ended: float
    method: str
    path: str
    status: int
    words: str

    @property
    def failed(self) -> bool:
        return self.status == NO_ANSWER or self.status >= 500

    @property
    def seconds(self) -> float:
        return self.ended - self.began


def sort(answers, outages) -> dict[str, list[Answer]]:
    """Those that failed. "honest": the page 503 for who needed the database that was away; "cut
    off": on its way when its web host was unplugged; "unrelated": all others."""
    found = {"honest": [], "cut off": [], "unrelated": []}
    for answer in filter(lambda answer: answer.failed, answers):
        found[_kind(answer, outages)].append(answer)
    return found


def _kind(answer, outages):
    for outage in outages:
        meets = answer.began < outage.ended and answer.ended > outage.began
        if outage.what == "postgres" and meets and answer.path not in NEEDS_NOTHING:
            return "honest" if answer.status == 503 else "unrelated"
        if outage.what == "web1" and answer.began < outage.began < answer.ended:
            return "cut off"
    return "unrelated"


class Browser:
    """Of one person, or of a visitor."""

    def __init__(self, site, answers):
        self.site = site
        self.answers = answers
        self.session = requests.Session()
        self.session.trust_env = False  # which may name other certificates
        self.session.verify = site.nginx.certificate
        # As browsers send them. A new connection each time: a server may close one that is kept
        # just when a form is sent, and then a browser asks its person what to do.
        self.session.headers.update({"Referer": f"{site.nginx.url}/", "Connection": "close"})

    def ask(self, method, path, **options):
        """The response, or None if there was none."""
        began, response, words = time.time(), None, ""
        options = {"timeout": PATIENCE, "allow_redirects": False} | options
        try:
            response = self.session.request(method, self.site.nginx.url + path, **options)
            if response.status_code >= 500:
                words = " ".join(re.sub(r"<[^>]*>", " ", response.text).split())[:200]
        except requests.RequestException as error:
            words = str(error)
        status = NO_ANSWER if response is None else response.status_code
        self.answers.append(Answer(began, time.time(), method, path, status, words))
        return response

    def get(self, path):
        """The response 200, however often it takes; a person reloads."""
        return self._until(200, "GET", path)

    def post(self, path, form, **fields):
        """The response 302; None when another one came. `form`: the page with the form."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)[1]
        response = self.ask("POST", path, data=fields | {"csrfmiddlewaretoken": token})
        return response if response is not None and response.status_code == 302 else None

    def _until(self, status, method, path):
        deadline = time.monotonic() + GIVE_UP
        while True:
            response = self.ask(method, path)
            if response is not None and response.status_code == status:
                return response
            if time.monotonic() > deadline:
                raise RuntimeError(f"No {status} to {method} {path}, but {self.answers[-1]}")
            time.sleep(TRY_AGAIN)

    def sign_in(self, name):
        while True:
            form = self.get("/accounts/login/")
            if self.post("/accounts/login/", form, username=name, password=PASSWORD):
                return
            time.sleep(TRY_AGAIN)

    def ask_for_export(self):
        """Who got no answer looks first whether it was done."""
        while True:
            page = self.get("/exports/")
            if 'id="export-' in page.text or self.post("/exports/", page):
                return
            time.sleep(TRY_AGAIN)

    def fetch_export(self) -> bytes:
        """The file of the one export that is there."""
        page = self.get("/exports/")
        (download,) = set(re.findall(r"/exports/[0-9a-f-]{36}/download/", page.text))
        link = self._until(302, "GET", download).headers["Location"]
        there = self._until(302, "GET", link).headers["Location"]  # in the store
        response = requests.get(there, timeout=PATIENCE)
        response.raise_for_status()
        return response.content


class People:
    """Those who ask (by threads, one after the other) and those who read all the time. As a context
    manager they begin and end. `answers`: all that they got, the askers' and the readers'."""

    def __init__(self, site, names, posts):
        """`posts`: the ids of some posts."""
        self.site = site
        self.answers = []
        self.browsers = {}  # of those who have asked, by name
        self.problems = []
        self.count = len(names)
        self._asked = 0
        self._queue = Queue()
        self._over = Event()
        pages = ["/explore/", *NEEDS_NOTHING, *(f"/posts/{post}/" for post in posts)]
        pages += [f"/@{names[0]}/", "/accounts/login/", f"/@{names[-1]}/feed.atom"]
        works = [self._ask_one_after_the_other] * ASKERS + [self._read(pages), self._read(pages)]
        works += [self._read(pages[::-1]), self._read(NEEDS_NOTHING)]
        self._threads = [Thread(target=self._noted, args=[work], daemon=True) for work in works]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self.end()

    def end(self):
        self._over.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def let_ask(self, names):
        self._asked += len(names)
        for name in names:
            self._queue.put(name)

    @property
    def are_asking(self) -> bool:
        return self._asked > len(self.browsers)

    def have_all_asked(self):
        return len(self.browsers) == self.count

    def fetch(self, name) -> bytes | None:
        """The file of the one export of who is called so, as they download it, if they can."""
        try:
            return self.browsers[name].fetch_export()
        except (RuntimeError, ValueError, requests.RequestException) as error:
            print(f"not fetched: {name}: {error}")
            return None

    def _noted(self, work):
        try:
            work()
        except Exception as error:  # the main thread is to know
            self.problems.append(error)

    def _ask_one_after_the_other(self):
        while not self._over.wait(ASK_EVERY):
            with suppress(Empty):
                name = self._queue.get_nowait()
                browser = Browser(self.site, self.answers)
                browser.sign_in(name)
                browser.ask_for_export()
                self.browsers[name] = browser

    def _read(self, pages):
        def read():
            browser = Browser(self.site, self.answers)
            for page in cycle(pages):
                if self._over.wait(READ_EVERY):
                    return
                browser.ask("GET", page)

        return read
