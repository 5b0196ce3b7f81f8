"""What `deploy/` says of processes, paths and files: it is there, fits together, and is what the
Procfile says."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import compose_spec
import pytest
import yaml
from django.conf import settings
from honcho.environ import parse_procfile

from .nginx import ROOT

DOCKER, SYSTEMD = ROOT / "deploy/docker", ROOT / "deploy/systemd"
PROCFILE = parse_procfile((ROOT / "Procfile").read_text()).processes
VENV = Path(sys.executable).parent
STOP_SECONDS = 30  # of gunicorn, and TASKS_STOP_SECONDS by default


def seconds(told):
    return int(str(told).removesuffix("s"))


# systemd


@pytest.fixture(params=sorted(path.name for path in SYSTEMD.glob("*.service")))
def unit(request):
    """The lines of a unit, with those that all of them have; of each name a list."""
    lines = {}
    for path in (SYSTEMD / "microblog-.service.d/all.conf", SYSTEMD / request.param):
        for line in path.read_text().splitlines():
            if "=" in line and not line.startswith("#"):
                name, _, value = line.partition("=")
                lines.setdefault(name, []).append(value)
    return request.param.removeprefix("microblog-").removesuffix(".service"), lines


needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed"
)


@pytest.fixture
def units(tmp_path):
    """Copies of them all that begin programs of ours."""
    for path in SYSTEMD.rglob("*.*"):
        if path.is_file():
            copy = tmp_path / path.relative_to(SYSTEMD)
            copy.parent.mkdir(exist_ok=True)
            copy.write_text(path.read_text().replace("/opt/microblog/.venv/bin", str(VENV)))
    return tmp_path


@needs_systemd
def test_systemd_takes_them(units):
    files = sorted(str(path) for path in units.glob("*.*") if path.is_file())
    assert len(files) == 4
    checked = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True)
    ours = [line for line in checked.stderr.splitlines() if "microblog" in line]
    assert (checked.returncode, ours) == (0, [])


@needs_systemd
def test_they_are_in_a_cage(units):
    security = ["systemd-analyze", "security", "--offline=true", "--threshold=20"]  # of 100
    for path in units.glob("*.service"):
        judged = subprocess.run([*security, str(path)], capture_output=True, text=True)
        assert judged.returncode == 0, judged.stdout


def test_they_start_what_the_procfile_says(unit):
    name, lines = unit
    started = [" ".join(run_by(line.lstrip("!"))) for line in lines["ExecStart"]]
    assert started == PROCFILE[name].split(" && ")


def run_by(line):
    """A command as one would type it, of programs that are there."""
    program, *arguments = shlex.split(line)
    assert program.startswith("/opt/microblog/.venv/bin/")
    assert (VENV / Path(program).name).exists()
    return [Path(program).name, *arguments]


def test_paths_of_units_are_there(unit):
    _name, lines = unit
    for path in [*lines["WorkingDirectory"], *lines.get("ReadWritePaths", [])]:
        assert (ROOT / path.removeprefix("/opt/microblog").lstrip("/")).exists()


def test_units_that_last_come_back_and_get_the_time_to_stop(unit):
    name, lines = unit
    if lines.get("Type") == ["oneshot"]:
        assert name == "release"
        return
    assert lines["Restart"] == ["always"]
    assert lines["KillMode"] == ["mixed"]
    assert seconds(lines["TimeoutStopSec"][0]) >= STOP_SECONDS + 10


# Containers


def instructions(dockerfile):
    """(name, the rest) of each, without comments, continued lines joined."""
    text = re.sub(r"^#.*\n", "", dockerfile, flags=re.MULTILINE).replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line.strip()]


DOCKERFILE = (DOCKER / "Dockerfile").read_text()
INSTRUCTIONS = instructions(DOCKERFILE)
COMPOSE = yaml.safe_load((DOCKER / "compose.yml").read_text())
SERVICES = COMPOSE["services"]


def test_the_linter_finds_nothing():
    linted = subprocess.run(
        [VENV / "hadolint", "--no-color", DOCKER / "Dockerfile"], capture_output=True, text=True
    )
    assert (linted.returncode, linted.stdout) == (0, "")


def test_the_image_starts_what_the_procfile_says_without_a_shell():
    (command,) = (rest for name, rest in INSTRUCTIONS if name == "CMD")
    assert json.loads(command) == PROCFILE["web"].split()
    assert not [rest for name, rest in INSTRUCTIONS if name == "ENTRYPOINT"]
    assert SERVICES["worker"]["command"] == PROCFILE["worker"].split()
    assert " ".join(SERVICES["release"]["command"]) == PROCFILE["release"].split(" && ")[-1]
    built = " ".join(rest for name, rest in INSTRUCTIONS if name == "RUN")
    for step in PROCFILE["release"].split(" && ")[:-1]:
        assert step in built


def test_the_image_is_built_in_two_stages_of_pinned_wheels_and_not_run_as_root():
    assert [name for name, _rest in INSTRUCTIONS].count("FROM") == 2
    assert "--require-hashes" in DOCKERFILE
    assert re.search(r"^USER [1-9]\d+$", DOCKERFILE, re.MULTILINE)


def is_in_image(path):
    """By .dockerignore, of which the last line that fits counts."""
    taken = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.lstrip("!")
        if not line or line.startswith("#"):
            continue
        parents = [path, *list(path.parents)[:-1]]
        if pattern.startswith("**/"):
            fits = any(fnmatch(parent.name, pattern[3:]) for parent in parents)
        else:
            fits = any(fnmatch(str(parent), pattern) for parent in parents)
        taken = line.startswith("!") if fits else taken
    return taken


def test_the_image_holds_what_the_site_is_and_nothing_else():
    tops = {path.name for path in ROOT.iterdir() if is_in_image(Path(path.name))}
    apps = {name for name in settings.INSTALLED_APPS if (ROOT / name).is_dir()}
    files = {".env.example", "gunicorn.conf.py", "manage.py", "requirements.txt"}
    assert tops == apps | files | {"locale", "static", "templates"}
    assert is_in_image(Path("locale/es/LC_MESSAGES/django.po"))
    for never in (
        ".env",
        ".git/config",
        "var/db.sqlite3",
        "blog/__pycache__/urls.cpython-311.pyc",
        "exports/tests/conftest.py",
        "locale/es/LC_MESSAGES/django.mo",
        "deploy/docker/.env",
    ):
        assert not is_in_image(Path(never)), never


def test_the_compose_file_is_one():
    compose = compose_spec.PyCompose.from_json(json.dumps(COMPOSE))
    compose.validate()
    compose.validate_volumes()
    assert set(SERVICES) == {"release", "web", "worker", "valkey", "postgres", "nginx"}


@pytest.mark.parametrize("name", ["web", "worker"])
def test_containers_of_the_site_have_the_time_to_stop_and_no_rights(name):
    service = SERVICES[name]
    assert seconds(service["stop_grace_period"]) >= STOP_SECONDS + 10
    assert service["init"] is True
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["restart"] == "unless-stopped"
    assert service["depends_on"]["release"] == {"condition": "service_completed_successfully"}


def test_what_a_container_writes_lies_in_volumes_that_are_its_users():
    """All that settings put in VAR_DIR, but for the static files, which are the image's."""
    volumes = {volume.partition(":")[2] for volume in SERVICES["web"]["volumes"]}
    assert volumes == {f"/var/lib/microblog/{each}" for each in ("archives", "avatars", "scratch")}
    used = {settings.STORAGES[name]["OPTIONS"]["location"] for name in ("archives", "avatars")}
    used.add(settings.EXPORT_SCRATCH_DIR)
    assert {path.relative_to(settings.VAR_DIR).name for path in used} == {
        Path(volume).name for volume in volumes
    }
    (made,) = (rest for _name, rest in INSTRUCTIONS if "install -d" in rest)
    assert volumes <= set(made.split())


def test_the_parts_it_needs_say_whether_they_are_well():
    for name in ("valkey", "postgres"):
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    conditions = {"condition": "service_healthy"}
    assert SERVICES["release"]["depends_on"] == {"postgres": conditions}
    assert SERVICES["worker"]["depends_on"]["valkey"] == conditions
    (check,) = (rest for name, rest in INSTRUCTIONS if name == "HEALTHCHECK")
    assert "/healthz/" in check


def test_no_secret_stands_in_the_compose_file():
    text = (DOCKER / "compose.yml").read_text()
    passwords = re.findall(r"(?:microblog:|PASSWORD: )(\S+?)[:@]", text)
    assert passwords == ["${POSTGRES_PASSWORD"] * 2
    assert "SECRET_KEY" not in text
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert f"/deploy/docker/{SERVICES['web']['env_file']}" in ignored


def test_files_that_are_mounted_are_there():
    for volume in SERVICES["nginx"]["volumes"]:
        path = volume.partition(":")[0]
        if path.startswith(".") and path != "./nginx.conf":  # which the operator makes
            assert (DOCKER / path).exists(), path


# What is told of it


def test_what_the_manual_names_is_there():
    manual = "".join(path.read_text() for path in (ROOT / "docs").rglob("*.md"))
    made_by_hand = {"deploy/docker/.env", "deploy/docker/nginx.conf"}
    paths = {
        path.rstrip(".") for path in re.findall(r"(?<!venv/)\b(?:deploy|bin)/[\w./-]*\w", manual)
    }
    assert len(paths) > 8
    assert [path for path in paths - made_by_hand if not (ROOT / path).exists()] == []
    units = {path.name.removesuffix(".service") for path in SYSTEMD.glob("microblog-*.*")}
    named = set(re.findall(r"microblog-(?:web|worker|release)(?:\.socket)?", manual))
    assert named <= units
    assert {name for name in units if not name.endswith(".d")} <= named


def test_a_dyno_compiles_what_a_release_would():
    assert PROCFILE["release"].split(" && ")[0] in (ROOT / "bin/post_compile").read_text()
