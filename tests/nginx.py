"""A real nginx with the configuration of `deploy/nginx`, for tests."""

import re
import shutil
import signal
import subprocess
from pathlib import Path

from microblog.valkey import free_port

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = shutil.which("nginx", path="/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin")
MAIN = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    include /etc/nginx/mime.types;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/microblog.conf;
}}
"""


class Nginx:
    """Before the web servers of these URLs, as a context manager: `url` is its own, `plain` that
    without TLS, `archives` the folder of X-Accel, `log` what it writes about requests.

    `changes`: what else to write in the configuration in place of what; `address`: at which it
    listens.
    """

    def __init__(self, folder, servers, changes=(), address="127.0.0.1"):
        # It starts as root and works as nobody, who has to get at what it sends.
        folder.chmod(0o755)
        self.folder, self.log = folder, folder / "microblog.log"
        self.archives = folder / "archives"
        self.archives.mkdir(mode=0o755)
        plain, tls = free_port(), free_port()
        self.plain, self.url = f"http://{address}:{plain}", f"https://{address}:{tls}"
        self._write_certificate(address)
        self._write_hosts([url.removeprefix("http://") for url in servers])
        self._write_configuration(
            {
                "listen 80;": f"listen {address}:{plain};",
                "listen 443 ": f"listen {address}:{tls} ",
                "/etc/letsencrypt/live/example.org": str(folder),
                "/etc/nginx/microblog-upstream.conf": f"{folder}/upstream.conf",
                "/var/log/nginx": str(folder),
                "/var/lib/microblog": str(folder),
                "/opt/microblog": str(ROOT),
                **dict(changes),
            }
        )
        self.certificate = str(folder / "fullchain.pem")
        self.command = [PROGRAM, "-c", str(folder / "nginx.conf"), "-e", f"{folder}/error.log"]

    def __enter__(self):
        self.process = subprocess.Popen(self.command)
        return self

    def __exit__(self, *error):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def _write_certificate(self, address):
        files = ["-keyout", "privkey.pem", "-out", "fullchain.pem"]
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"]
        command += ["ec_paramgen_curve:prime256v1", "-nodes", *files]
        command += ["-subj", "/CN=example.org", "-addext", f"subjectAltName=IP:{address}"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)

    def _write_hosts(self, hosts):
        """As the comment in upstream.conf says."""
        own = (ROOT / "deploy/nginx/upstream.conf").read_text()
        options = sorted(set(re.findall(r"^#server \S+( .*)", own, re.MULTILINE)))
        written = "".join(f"server {host}{rest}\n" for rest in options for host in hosts)
        (self.folder / "upstream.conf").write_text(written)

    def _write_configuration(self, changes):
        text = (ROOT / "deploy/nginx/microblog.conf").read_text()
        for old, new in changes.items():
            assert old in text, old
            text = text.replace(old, new)
        text = re.sub(r"^ *listen \[::\].*\n", "", text, flags=re.MULTILINE)  # not everywhere
        (self.folder / "microblog.conf").write_text(text)
        (self.folder / "nginx.conf").write_text(MAIN.format(folder=self.folder))
