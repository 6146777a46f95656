"""Make `.venv/` with all that the checkout needs: `python3 .ci/set_up.py`, as `make` does it.

Standard library only, since nothing is installed yet. The versions and hashes come from `requirements.txt`;
the checkout itself follows without dependencies and without build isolation, because pip refuses an
editable install under hashes. With `uv` on the path set-up takes seconds; where `uv` is missing or fails
(it does not read pip's configuration, so it may not know the mirror that pip uses), plain pip does the
same.

`.venv/.done` holds the folder that the environment was made for, and is written last: an environment
without it, with another folder in it (it was moved or copied), or whose Python is gone is made anew; one
that is only older than its requirements is brought up to date in place.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
STAMP = ENVIRONMENT / ".done"
PYTHON = ENVIRONMENT / "bin" / "python"
OLDEST = (3, 11)


class SetUpError(Exception):
    """Set-up cannot go on; the text says what, why and how to mend it."""


def check_python() -> None:
    """The running Python must be able to make an environment (Debian takes ensurepip out into a package)."""
    if sys.version_info < OLDEST:
        raise SetUpError(
            f"Python {sys.version.split()[0]} is too old.\nWhy: the workbook needs Python 3.11 or later.\n"
            "Mend: install python3.11 or later and run make again."
        )
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise SetUpError(
            f"{sys.executable} cannot make a virtual environment.\nWhy: its module ensurepip is missing.\n"
            f"Mend: install the system package python{version}-venv (Debian, Ubuntu: as root, "
            f"apt-get install python{version}-venv), or uv."
        ) from None


def is_healthy() -> bool:
    """Whether the environment was finished for this very folder and its Python still runs."""
    if not STAMP.is_file() or STAMP.read_text().strip() != str(ROOT):
        return False
    try:
        probe = subprocess.run(
            [PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"], check=False
        )
    except OSError:
        return False
    return probe.returncode == 0


def clear() -> None:
    if ENVIRONMENT.is_symlink() or ENVIRONMENT.is_file():
        ENVIRONMENT.unlink()
    elif ENVIRONMENT.exists():
        shutil.rmtree(ENVIRONMENT)


def run(*command: object) -> None:
    subprocess.run([str(part) for part in command], cwd=ROOT, check=True)


def install_with_uv(uv: str, *, fresh: bool) -> None:
    if fresh:
        run(uv, "venv", "--quiet", "--python", sys.executable, ENVIRONMENT)
    install = (uv, "pip", "install", "--quiet", "--python", PYTHON)
    # As pip does: else the first run of everything pays for it.
    run(*install, "--compile-bytecode", "--require-hashes", "-r", "requirements.txt")
    run(*install, "--no-deps", "--no-build-isolation", "-e", ".")


def install_with_pip(*, fresh: bool) -> None:
    if fresh:
        check_python()
        venv.create(ENVIRONMENT, with_pip=True)
    elif subprocess.run([PYTHON, "-c", "import pip"], capture_output=True, check=False).returncode:
        run(PYTHON, "-m", "ensurepip")  # uv made this environment, and uv is gone
    install = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*install, "--require-hashes", "-r", "requirements.txt")
    run(*install, "--no-deps", "--no-build-isolation", "-e", ".")


def set_up() -> None:
    fresh = not is_healthy()
    STAMP.unlink(missing_ok=True)
    if fresh:
        clear()
    done = False
    if uv := shutil.which("uv"):
        print("Setting up .venv with uv ...", flush=True)
        try:
            install_with_uv(uv, fresh=fresh)
            done = True
        except subprocess.CalledProcessError as error:
            print(f"uv failed (exit code {error.returncode}); plain pip takes over.", flush=True)
            clear()
            fresh = True
    if not done:
        print("Setting up .venv with pip, about a minute ...", flush=True)
        install_with_pip(fresh=fresh)
    STAMP.write_text(f"{ROOT}\n")


def main() -> int:
    try:
        set_up()
    except SetUpError as error:
        print(f"set-up: {error}", file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as error:
        print(
            f"set-up: {' '.join(map(str, error.cmd))} ended with code {error.returncode}.\n"
            "Why: its own message stands above; the package index cannot be reached, or the disk is full.\n"
            "Mend: put that right and run make again; what is half made is made anew.",
            file=sys.stderr,
        )
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
