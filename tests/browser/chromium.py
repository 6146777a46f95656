"""Find the Chromium that the browser test drives; run with `--install`, get one on Debian."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find() -> str | None:
    """The path of a Chromium or Chrome: the environment variable CHROMIUM first, then the usual names."""
    named = os.environ.get("CHROMIUM")
    candidates = [named] if named else list(NAMES)
    found = next((path for name in candidates if (path := shutil.which(name))), None)
    return found or (str(MAC) if MAC.is_file() and not named else None)


def main(arguments: list[str]) -> int:
    """Exit code 0 when a browser is there in the end, 2 when it has to be installed by hand."""
    apt = shutil.which("apt-get")
    if find() is None and "--install" in arguments and apt and os.geteuid() == 0:
        print("Installing chromium with apt-get for the browser test ...", flush=True)
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run([apt, "update", "-qq"], env=quiet, check=False, stdout=subprocess.DEVNULL)
        install = [apt, "install", "-y", "-qq", "--no-install-recommends", "chromium"]
        subprocess.run(install, env=quiet, check=False, stdout=subprocess.DEVNULL)
    if find() is None:
        print(
            "No Chromium was found.\n"
            "Why: one test opens a notebook in JupyterLab in a real browser, and this machine has none.\n"
            "Mend: install it (Debian: as root, apt-get install chromium), or name it: CHROMIUM=PATH make.",
            file=sys.stderr,
        )
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
