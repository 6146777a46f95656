"""Attempts to read or change files, or what is known of them."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from grading.sandbox import kernel
from grading.sandbox.scene import Scene, group

__all__ = ["FILES"]


def _relative_read(scene: Scene) -> object:
    os.chdir(scene.scratch)
    return Path("..", scene.outside.name, "secret").read_text()


def _read_from_there(scene: Scene) -> object:
    os.chdir(scene.outside)
    return Path("secret").read_text()


def _read_through_handle(scene: Scene) -> object:
    folder = os.open(scene.outside, os.O_PATH)
    return os.read(os.open("secret", os.O_RDONLY, dir_fd=folder), 1)


def _symlink_read(scene: Scene) -> object:
    (scene.scratch / "way_out").symlink_to(scene.secret)
    return (scene.scratch / "way_out").read_text()


def _open_mode(path: Path, flags: int) -> None:
    os.close(os.open(path, flags, 0o600))


def _delete(scene: Scene) -> None:
    (scene.outside / "victim").unlink()


def _own_file(scene: Scene) -> Path:
    path = scene.scratch / "mine"
    path.write_text("x")
    return path


def _set_attribute(scene: Scene) -> None:
    os.setxattr(scene.secret, "user.mark", b"1")


def _own_descriptor(scene: Scene) -> int:
    return os.open(_own_file(scene), os.O_RDWR)


_FILES = group(
    "landlock",
    ("read a file of the system", lambda _: Path("/etc/passwd").read_text()),
    ("read a file beside the scratch folder", lambda scene: scene.secret.read_text()),
    ("read a file by a relative path", _relative_read),
    ("list a folder beside the scratch folder", lambda scene: os.listdir(scene.outside)),
    ("list the processes", lambda _: os.listdir("/proc")),
    (
        "read the environment of another process",
        lambda scene: Path(f"/proc/{scene.bait}/environ").read_bytes(),
    ),
    (
        "open the memory of another process",
        lambda scene: _open_mode(Path(f"/proc/{scene.bait}/mem"), os.O_RDWR),
    ),
    ("list the open files of another process", lambda scene: os.listdir(f"/proc/{scene.bait}/fd")),
    ("make a file beside the scratch folder", lambda scene: (scene.outside / "new").write_text("x")),
    (
        "append to a file beside the scratch folder",
        lambda scene: _open_mode(scene.secret, os.O_WRONLY | os.O_APPEND),
    ),
    ("empty a file beside the scratch folder", lambda scene: os.truncate(scene.outside / "victim", 0)),
    ("delete a file beside the scratch folder", _delete),
    (
        "rename a file beside the scratch folder",
        lambda scene: os.rename(scene.outside / "victim", scene.outside / "moved"),
    ),
    ("make a folder beside the scratch folder", lambda scene: (scene.outside / "folder").mkdir()),
    ("read a file from a folder that it went to", _read_from_there),
    ("read a file through a handle on its folder", _read_through_handle),
    ("move its scratch folder", lambda scene: os.rename(scene.scratch, scene.outside / "folder")),
    ("make a file in shared memory", lambda _: _shared_memory_file()),
)


def _shared_memory_file() -> None:
    path = Path(f"/dev/shm/attempt-{os.getpid()}")
    path.write_text("x")
    path.unlink()


_ATTRIBUTES = group(
    "seccomp",
    ("change the mode of a file outside", lambda scene: os.chmod(scene.secret, 0o600)),
    ("change the times of a file outside", lambda scene: os.utime(scene.secret, (1, 1))),
    (
        "change the owner of a file outside",
        lambda scene: os.chown(scene.secret, os.getuid(), os.getgid()),
    ),
    ("set an attribute of a file outside", _set_attribute),
    ("make its own file executable", lambda scene: os.chmod(_own_file(scene), 0o700)),
    ("leave the scratch folder by a symbolic link", _symlink_read),
    ("make a hard link to a file outside", lambda scene: os.link(scene.secret, scene.scratch / "linked")),
    ("make a named pipe", lambda scene: os.mkfifo(scene.scratch / "pipe")),
    ("watch a folder", lambda _: kernel.syscall("inotify_init1", 0)),
    ("open a file by its handle", lambda _: kernel.syscall("open_by_handle_at", -1, None, 0)),
    ("push input into a terminal", lambda scene: fcntl.ioctl(_own_descriptor(scene), 0x5412, b"x")),
    (
        "send the signals of a file to another process",
        lambda scene: fcntl.fcntl(_own_descriptor(scene), 8, scene.bait),
    ),
)

FILES = _FILES + _ATTRIBUTES
"""All of them."""
