"""A small disk of a test's own, in a mount table that only this test and the programs it starts can see. Needs root."""

import contextlib
import ctypes
import os
import subprocess

import pytest

CLONE_NEWNS = 0x00020000
OWN = []  # not empty: this process has a mount table of its own
STEP = 4096


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(map(str, words))}: {done.stderr}"


def mount_points():
    with open("/proc/thread-self/mounts", encoding="utf-8") as lines:
        return [line.split()[1] for line in lines]


@contextlib.contextmanager
def own_mounts():
    """What is mounted inside is gone afterwards, also when the test is killed. The process stays in a table of its own:
    to go back, no other thread may share it."""
    if not OWN:
        system = ctypes.CDLL(None, use_errno=True)
        if system.unshare(CLONE_NEWNS) != 0:
            pytest.skip("needs root: a disk of its own is mounted")
        run("mount", "--make-rprivate", "/")
        OWN.append(True)
    before = mount_points()
    try:
        yield
    finally:
        for folder in reversed(mount_points()):
            if folder not in before:
                run("umount", "-l", folder)


class Disk:
    """A folder with so many bytes of room that can be filled up and made free again."""

    def __init__(self, folder, size):
        self.folder = folder
        self.filler = folder / "filler"
        folder.mkdir()
        run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder)

    def fill(self):
        """To the last byte."""
        with open(self.filler, "ab", buffering=0) as file:
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"\0" * STEP)
        room = os.statvfs(self.folder)
        assert room.f_bfree == 0, room

    def free(self):
        self.filler.unlink()
