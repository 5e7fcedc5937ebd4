"""The files of a checkout, and C text seen without comments and strings."""

import functools
import os
import re
from pathlib import Path

SKIPPED = {"zig-out", "zig-pkg", "__pycache__", "node_modules"}
CODE = {".c", ".h", ".py", ".sh", ".zig"}
TEXT = CODE | {".md", ".yaml", ".yml", ".json", ".proto", ".options", ".txt"}


class Tree:
    """All files below a root, as sorted relative paths with forward slashes."""

    def __init__(self, root):
        self.root = Path(root)
        self.paths = sorted(self._walk())

    def _walk(self):
        for folder, folders, names in os.walk(self.root):
            folders[:] = [f for f in folders if f not in SKIPPED and (not f.startswith(".") or f == ".ci")]
            for name in names:
                yield (Path(folder) / name).relative_to(self.root).as_posix()

    @functools.lru_cache(maxsize=None)
    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8", errors="replace")

    def lines(self, path):
        return self.text(path).split("\n")

    @functools.lru_cache(maxsize=None)
    def code(self, path):
        """The C text with comments and literals blanked; lines stay where they are."""
        return strip_c(self.text(path))

    def below(self, *folders, suffixes=None):
        """Paths in any of the folders, or in the whole tree when none is named."""
        for path in self.paths:
            if folders and not path.startswith(tuple(f"{folder}/" for folder in folders)):
                continue
            if suffixes is None or suffix(path) in suffixes:
                yield path

    def is_script(self, path):
        """True for a file without an ending that starts with `#!`."""
        if suffix(path) or os.path.islink(self.root / path):
            return False
        with open(self.root / path, "rb") as file:
            return file.read(2) == b"#!"


def suffix(path):
    return os.path.splitext(path)[1]


def is_test(path):
    return path.endswith("_test.c") or path.startswith("tests/")


_C_NOISE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def strip_c(text):
    def blank(match):
        if match.group(0).startswith('"'):
            before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
            if re.fullmatch(r"\s*#\s*include\s*", before):
                return match.group(0)
        return re.sub(r"[^\n]", " ", match.group(0))

    return _C_NOISE.sub(blank, text)


def includes(tree, path):
    """(line, name, quoted) of every include."""
    for number, line in enumerate(tree.code(path).split("\n"), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match.group(2), match.group(1) == '"'
