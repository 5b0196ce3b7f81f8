"""What runs on the hosts: the parts of a site as its operators start them."""

import json
import os
import re
import secrets
import shlex
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import boto3
import psutil
import requests

from microblog.valkey import Valkey
from tests.nginx import Nginx
from tests.servers import Postgres
from tests.smtp import Sink
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parent.parent.parent
WEB = "web1", "web2"
WORKERS = "worker1", "worker2"
BUCKET = "archives"
KEYS = {"AWS_ACCESS_KEY_ID": "rehearsal", "AWS_SECRET_ACCESS_KEY": "rehearsal"}
SOON = 10  # alerts wait this many times shorter
STARTS_WITHIN = 120  # seconds


class Program:
    """A process on a host, with a name of the host's and a log. It is stopped by SIGTERM."""

    def __init__(self, host, command, folder, environment, *, stops_within=20):
        self.log = folder / f"{host.name}.log"
        self.stops_within = stops_within
        # As the host is called the processes in it call themselves.
        named = ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', host.name]
        with host.inside(), self.log.open("a") as log:
            self.process = subprocess.Popen(
                [*named, *map(str, command)],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def said(self, words) -> int:
        """How often its log has these words. It must still run."""
        said = self.log.read_text()
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.log.stem} ended, having said:\n{said[-3000:]}")
        return said.count(words)

    def stop(self):
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(self.stops_within)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Site:
    """The hosts and what runs on them. As a context manager it is started and stopped. `pace`:
    posts that an export takes out in a second."""

    def __init__(self, network, folder, pace):
        self.folder = folder
        self.pace = pace
        names = [*WEB, *WORKERS, "people", "nginx", "postgres", "valkey", "store", "mail"]
        self.hosts = {name: network.add(name) for name in [*names, "prometheus"]}
        self.web_addresses = [f"http://{self.hosts[name].address}:8000" for name in WEB]
        (folder / "nginx").mkdir()
        address = self.hosts["nginx"].address
        self.nginx = Nginx(folder / "nginx", self.web_addresses, address=address)
        self.token = secrets.token_hex(16)

    def __enter__(self):
        with ExitStack() as stack:
            self._start_servers(stack)
            self.environment = self._environment()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error):
        self._stack.close()

    def _start_servers(self, stack):
        self.postgres = Postgres(durable=True, address=self.hosts["postgres"].address)
        self.valkey = Valkey(directory=self.folder, address=self.hosts["valkey"].address)
        self.mail = Sink(self.hosts["mail"].address)
        for server in (self.postgres, self.valkey, self.mail):
            with self.at(server):
                stack.enter_context(server)
        store = self.hosts["store"]
        command = [sys.executable, "-m", "moto.server", "--host", store.address, "--port", "5000"]
        store = Program(store, command, self.folder, dict(os.environ))
        stack.callback(store.stop)
        wait_for(lambda: store.said("Running on"), STARTS_WITHIN, "the store")

    @contextmanager
    def at(self, server):
        """The block is on the host of one of the servers."""
        name = type(server).__name__.lower().replace("sink", "mail")
        with self.hosts[name].inside():
            yield

    def _environment(self):
        """A production site's, and nothing of what the caller's or `.env` says."""
        return KEYS | {
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "bench.rehearsal.settings",
            "ENV_FILE": "",
            "SECRET_KEY": secrets.token_hex(32),
            "ALLOWED_HOSTS": self.hosts["nginx"].address,
            "SITE_URL": self.nginx.url,
            "PROXY_SSL_HEADER": "X-Forwarded-Proto",
            "PROXY_ADDRESS_HEADER": "X-Forwarded-For",
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.valkey.url,
            "EMAIL_URL": self.mail.url,
            "VAR_DIR": str(self.folder / "var"),
            "ARCHIVES_S3_BUCKET": BUCKET,
            "ARCHIVES_S3_ENDPOINT_URL": f"http://{self.hosts['store'].address}:5000",
            "METRICS_TOKEN": self.token,
            "LIMIT_SIGN_IN_ADDRESS": "0/1",  # all come from one
            "EXPORT_POSTS_PER_SECOND": str(self.pace),
            "TIDY_SECONDS": "0",  # no tasks but the exports
        }

    def make_bucket(self):
        endpoint = self.environment["ARCHIVES_S3_ENDPOINT_URL"]
        self.bucket = boto3.resource("s3", endpoint_url=endpoint, region_name="us-east-1").Bucket(
            BUCKET
        )
        self.bucket.create()

    def start_programs(self):
        """Once there are a bucket and tables. People are let in when all are there."""
        web = [f"{address}/healthz/" for address in self.web_addresses]
        for name in WEB:
            self._start_web(name)
        workers = [self._start_worker(name) for name in WORKERS]
        wait_for(lambda: all(map(answers, web)), STARTS_WITHIN, "the web hosts")
        for worker in workers:
            wait_for(lambda worker=worker: worker.said("running."), STARTS_WITHIN, "a worker host")
        with self.at(self.nginx):
            self._stack.enter_context(self.nginx)
        self._start("prometheus", prometheus_command(self))
        site = f"{self.nginx.url}/healthz/"
        wait_for(lambda: answers(site, self.nginx.certificate), STARTS_WITHIN, "nginx")
        self.prometheus = f"http://{self.hosts['prometheus'].address}:9090"
        wait_for(lambda: answers(f"{self.prometheus}/-/ready"), STARTS_WITHIN, "Prometheus")

    def _start(self, name, command, **environment):
        environment = self.environment | {"VAR_DIR": str(self.folder / name)} | environment
        program = Program(self.hosts[name], command, self.folder, environment)
        self._stack.callback(program.stop)
        return program

    def _start_web(self, name):
        bind = ["--bind", f"{self.hosts[name].address}:8000"]
        return self._start(name, [sys.executable, "-m", *_of_procfile("web"), *bind])

    def _start_worker(self, name):
        _python, *command = _of_procfile("worker")
        return self._start(name, [sys.executable, *command], TASKS_STOP_SECONDS="3")


def _of_procfile(process):
    lines = (ROOT / "Procfile").read_text().splitlines()
    (command,) = (line.partition(": ")[2] for line in lines if line.startswith(f"{process}: "))
    return shlex.split(command)


def answers(url, certificate=None):
    try:
        return requests.get(url, timeout=5, verify=certificate or True).ok
    except requests.RequestException:
        return False


# What is done to them


def reload(nginx):
    """As its service does it; returns when the processes of the old configuration take nothing more
    and those of the new one are there."""
    master = psutil.Process(nginx.process.pid)
    old = set(master.children())
    master.send_signal(signal.SIGHUP)
    wait_for(lambda: set(master.children()) - old, 60, "the new processes of nginx")
    wait_for(lambda: not old & set(master.children()), 60, "the end of the old ones")


# Prometheus, with the alerts of deploy/prometheus


def prometheus_command(site):
    folder = site.folder / "prometheus"
    folder.mkdir()
    rules = (ROOT / "deploy/prometheus/alerts.yml").read_text()
    (folder / "alerts.yml").write_text(re.sub(r"(?<=for: )\d+[sm]", _sooner, rules))
    (folder / "token").write_text(site.token)
    targets = [address.removeprefix("http://") for address in site.web_addresses]
    scrape = {
        "job_name": "microblog",
        "authorization": {"credentials_file": str(folder / "token")},
        "static_configs": [{"targets": targets}],
    }
    # /metrics may wait four seconds for a part that hangs.
    every = {"scrape_interval": "5s", "scrape_timeout": "5s", "evaluation_interval": "1s"}
    config = {"global": every, "rule_files": [f"{folder}/alerts.yml"], "scrape_configs": [scrape]}
    (folder / "prometheus.yml").write_text(json.dumps(config))  # which is YAML too
    return [
        "prometheus",
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address={site.hosts['prometheus'].address}:9090",
        "--log.level=warn",
    ]


def _sooner(match):
    number, unit = int(match[0][:-1]), match[0][-1]
    return f"{number * (60 if unit == 'm' else 1) // SOON}s"
