"""clang-tidy and cppcheck, a file at a time. A file that was clean is not looked at again before it, something that it
includes, or the tool's settings change."""

import concurrent.futures
import hashlib
import json
import os
import re
import subprocess

from rules import Finding
from tree import includes, is_test


def commands(tree):
    """The program's own compilations, by file. Tests are held to the warnings and to the other rules."""
    listed = json.loads((tree.root / "compile_commands.json").read_text(encoding="utf-8"))
    return {entry["file"]: entry["arguments"] for entry in listed if not is_test(entry["file"])}


def closure(tree, path, seen):
    """The file and every file of ours that it includes, directly or not."""
    if path in seen or not (tree.root / path).is_file():
        return
    seen.add(path)
    for _, name, _ in includes(tree, path):
        for candidate in (f"core/{name}", f"core/include/{name}", f"{os.path.dirname(path)}/{name}",
                          f"zig-out/generated/{name}"):
            closure(tree, candidate, seen)


def fingerprint(tree, path, command):
    seen = set()
    closure(tree, path, seen)
    digest = hashlib.sha256(json.dumps(command).encode())
    for part in [".clang-tidy", *sorted(seen)]:
        digest.update(part.encode() + b"\0" + tree.text(part).encode() + b"\0")
    return digest.hexdigest()


def run_each(tree, tool, command_for, parse):
    cache = tree.root / ".dev" / "tidy" / tool
    cache.mkdir(parents=True, exist_ok=True)

    def one(item):
        path, arguments = item
        command = command_for(path, arguments)
        stamp = cache / fingerprint(tree, path, command)
        if stamp.exists():
            return []
        done = subprocess.run(command, cwd=tree.root, capture_output=True, text=True, check=False)
        findings = list(parse(tree, done.stdout + done.stderr))
        foreign = [finding for finding in findings if finding.path.startswith("..")]
        findings = [finding for finding in findings if finding not in foreign]
        # What a system header does inside is its maker's.
        if done.returncode != 0 and not findings and not foreign:
            findings = [Finding(path, 1, f"{tool} failed: {(done.stderr or done.stdout).strip()[-300:]}", "see above")]
        if not findings:
            stamp.touch()
        return findings

    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for findings in pool.map(one, sorted(commands(tree).items())):
            yield from findings


def parse_lines(tree, text):
    for match in re.finditer(r"^(\S+?):(\d+):\d+: (?:warning|error|style|performance|portability): (.*)$", text, re.M):
        path = os.path.relpath(match.group(1), tree.root) if os.path.isabs(match.group(1)) else match.group(1)
        yield Finding(path, int(match.group(2)), match.group(3), "mend it; a reason to keep it goes beside it")


def clang_tidy(tree):
    def command_for(path, arguments):
        return ["clang-tidy-19", "--quiet", "-p", ".", path]

    return run_each(tree, "clang-tidy", command_for, parse_lines)


def cppcheck(tree):
    """Debian's cppcheck cannot read a compound literal between `?` and `:`; it says so and leaves the file alone. That
    is not the file's fault, and clang-tidy reads it."""

    def command_for(path, arguments):
        flags = [a for a in arguments if a.startswith(("-I", "-D"))]
        return [
            "cppcheck", "--quiet", "--std=c11", "--enable=warning,performance,portability", "--inline-suppr",
            "--error-exitcode=1", "--template={file}:{line}:{column}: {severity}: {message} [{id}]",
            "--suppress=missingIncludeSystem", "--suppress=internalAstError", *flags, path,
        ]  # fmt: skip

    return run_each(tree, "cppcheck", command_for, parse_lines)
