"""Hosts on a switch that nothing else is connected to: network namespaces of Linux.

Whoever is inside one reaches the others, and its own loopback, and nothing more. A host is
unplugged at the switch, as by its cable: it keeps its address and hears nothing, not even that it
is refused.
"""

import ctypes
import os
import signal
import subprocess
from contextlib import contextmanager, suppress
from pathlib import Path

NAMESPACES = Path("/run/netns")
PREFIX = "microblog"  # then the id of the process whose network it is, then the host
CLONE_NEWNET = 0x40000000
NET = "10.213.0"
SWITCH = "switch"


class Network:
    """As a context manager it is made and removed, with all processes that are inside."""

    def __init__(self):
        self.hosts = []

    def __enter__(self):
        for left in _left_behind():
            _remove(left)
        self.switch = f"{PREFIX}-{os.getpid()}-{SWITCH}"
        _ip("netns", "add", self.switch)
        _ip("-n", self.switch, "link", "add", SWITCH, "type", "bridge")
        _ip("-n", self.switch, "link", "set", SWITCH, "up")
        return self

    def __exit__(self, *error):
        for namespace in [*(host.namespace for host in self.hosts), self.switch]:
            _remove(namespace)

    def add(self, name) -> "Host":
        host = Host(self, name, f"{NET}.{len(self.hosts) + 1}")
        self.hosts.append(host)
        return host


class Host:
    def __init__(self, network, name, address):
        self.switch = network.switch
        self.name = name
        self.address = address
        self.namespace = f"{PREFIX}-{os.getpid()}-{name}"
        _ip("netns", "add", self.namespace)
        cable = ["type", "veth", "peer", "name", "eth0", "netns", self.namespace]
        _ip("-n", self.switch, "link", "add", name, *cable)
        _ip("-n", self.switch, "link", "set", name, "master", SWITCH, "up")
        _ip("-n", self.namespace, "address", "add", f"{address}/24", "dev", "eth0")
        for link in ("lo", "eth0"):
            _ip("-n", self.namespace, "link", "set", link, "up")

    @contextmanager
    def inside(self):
        """What the block starts (processes, threads, connections) is on this host, and stays."""
        with (
            open("/proc/thread-self/ns/net") as before,
            open(NAMESPACES / self.namespace) as there,
        ):
            _enter(there)
            try:
                yield
            finally:
                _enter(before)

    def unplug(self):
        _ip("-n", self.switch, "link", "set", self.name, "down")

    def plug_in(self):
        _ip("-n", self.switch, "link", "set", self.name, "up")


def _ip(*arguments):
    return subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True).stdout


def _enter(namespace):
    """This thread, and what it starts from now on."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace.fileno(), CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _left_behind():
    """The namespaces of those who were killed before they could remove them."""
    for path in NAMESPACES.glob(f"{PREFIX}-*-*"):
        pid = path.name.split("-")[1]
        if pid.isdecimal() and not Path("/proc", pid).exists():
            yield path.name


def _remove(namespace):
    if not (NAMESPACES / namespace).exists():
        return
    for pid in _ip("netns", "pids", namespace).split():
        if int(pid) != os.getpid():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
    _ip("netns", "delete", namespace)
