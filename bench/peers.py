"""The environment of other people's engines and frameworks, to be compared with: the pins of
bench/peers.txt, installed in var/bench-peers at the first use."""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "bench-peers"


def install():
    """Its Python. It is made anew when the pins have changed."""
    python, stamp = FOLDER / "bin" / "python", FOLDER / "installed.txt"
    pins = ROOT / "bench" / "peers.txt"
    wanted = sha256(pins.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"Installing bench/peers.txt into {FOLDER} ...", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", FOLDER], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", pins], check=True)
        stamp.write_text(wanted)
    return str(python)
