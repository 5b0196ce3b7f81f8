"""What bin/run and bin/test share: the virtual environment, and commands that stop when we do.

Standard library only, in a syntax that older Pythons can read as far as the message below.
"""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = str(VENV / "bin" / "python")
STAMP = VENV / "installed.txt"
SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}

if sys.version_info < (3, 11):  # noqa: UP036 (whoever starts us may be older than our pins)
    sys.exit(
        f"Microblog needs Python 3.11 or newer, and {sys.executable} is {sys.version.split()[0]}."
        f" If you have a newer one: python3.12 {sys.argv[0]}"
    )

asked_to_stop = False
status_when_stopped = 0


def hear_signals(status):
    """From now on a request to stop is only noted. It is acted upon, by exiting with `status`,
    where nothing can get lost: no process between its start and our knowing of it."""
    global status_when_stopped
    status_when_stopped = status
    signal.signal(signal.SIGINT, _note)
    signal.signal(signal.SIGTERM, _note)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as nohup has it
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def _note(number, frame):
    global asked_to_stop
    asked_to_stop = True


def exit_if_asked():
    if asked_to_stop:
        sys.exit(status_when_stopped)


def say(line):
    print(line, flush=True)


def call(*command, ask=None, patience=1, **environment):
    """Run a command, with `environment` on top of ours, and return its status.

    It runs in a group of its own, which a Ctrl-C does not reach. When we are asked to stop, the
    group gets the signal `ask`, if any, and `patience` seconds to end; then it is killed.
    """
    exit_if_asked()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        process_group=0,
    )
    while not asked_to_stop:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(0.1)
    if ask:
        os.killpg(process.pid, ask)
    with suppress(subprocess.TimeoutExpired):
        process.wait(patience)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    sys.exit(status_when_stopped)


def ensure_venv(requirements):
    """Go on in .venv's Python, with the pins of the file `requirements` installed."""
    if not _is_installed(requirements):
        _install(requirements)
    if Path(sys.prefix).resolve() != VENV.resolve():
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # until hear_signals() over there
        exit_if_asked()
        os.execv(PYTHON, [PYTHON, *sys.argv])  # noqa: S606 (the same script, without a shell)
    os.environ["VIRTUAL_ENV"] = str(VENV)
    os.environ["PATH"] = os.pathsep.join([str(VENV / "bin"), os.environ.get("PATH", os.defpath)])
    sys.path.insert(0, str(ROOT))


def compile_catalogues():
    """Make the .mo files when one is missing or older than its .po."""
    catalogues = (ROOT / "locale").glob("*/LC_MESSAGES/django.po")
    if any(_age(po.with_suffix(".mo")) < _age(po) for po in catalogues):
        say("Compiling the catalogues")
        return call("pybabel", "--quiet", "compile", "--directory", "locale", "--domain", "django")
    return 0


def _age(path):
    return path.stat().st_mtime if path.exists() else 0


# The stamp says what .venv holds. It is taken away before a change and written after it, so a .venv
# without one is half-made, whenever its making was broken off.


def _is_installed(requirements):
    return {_venv_python(), _pins(requirements)} <= _held()


def _install(requirements):
    exit_if_asked()
    if _venv_python() not in _held():
        _make_venv()
    STAMP.unlink(missing_ok=True)
    say(f"Installing {requirements} into .venv")
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if call(*pip, "--require-hashes", "-r", requirements):
        sys.exit(f"pip could not install {requirements}; the lines above say why.")
    # The development pins hold those of the site.
    STAMP.write_text("\n".join([_venv_python(), _pins(requirements), _pins("requirements.txt")]))


def _make_venv():
    if not find_spec("ensurepip"):
        sys.exit("This Python can't make a .venv. On Debian and Ubuntu: apt install python3-venv")
    say("Making .venv")
    STAMP.unlink(missing_ok=True)
    if call(sys.executable, "-m", "venv", "--clear", str(VENV)):
        sys.exit("python3 -m venv failed; the lines above say why.")


def _held():
    return set(STAMP.read_text().splitlines()) if STAMP.exists() else set()


def _pins(requirements):
    return sha256((ROOT / requirements).read_bytes()).hexdigest()


def _venv_python():
    """Like "Python 3.11"; "none" where it does not run."""
    try:
        answer = subprocess.run([PYTHON, "--version"], capture_output=True, text=True).stdout
    except OSError:
        answer = ""
    return answer.rpartition(".")[0] or "none"
