"""The rules of `./dev tidy`. Each takes a Tree and yields Finding(path, line, what, mend)."""

import collections
import os
import re
import subprocess

from tree import CODE, TEXT, includes, is_test, suffix

Finding = collections.namedtuple("Finding", "path line what mend")

LINE_LIMIT = 120
FUNCTION_LIMIT = 70
FILE_LIMIT = 600

C_HEADERS = {
    "assert.h", "complex.h", "ctype.h", "errno.h", "fenv.h", "float.h", "inttypes.h", "iso646.h", "limits.h",
    "locale.h", "math.h", "setjmp.h", "signal.h", "stdalign.h", "stdarg.h", "stdatomic.h", "stdbool.h", "stddef.h",
    "stdint.h", "stdio.h", "stdlib.h", "stdnoreturn.h", "string.h", "tgmath.h", "threads.h", "time.h", "uchar.h",
    "wchar.h", "wctype.h",
    # The compiler's own, for scanning sixteen bytes at a time; behind #ifdef __SSE2__.
    "emmintrin.h",
}  # fmt: skip

# What only some rooms may call: name, rooms, mend.
CALLS = [
    ("clock_gettime|gettimeofday|timespec_get|time|clock|ftime", {"loop"}, "take the time from loop's clock"),
    (
        "socket|socketpair|connect|bind|listen|accept|accept4|getaddrinfo",
        {"link", "control", "simulate", "sinks", "isolate"},
        "let link open it",
    ),
    (r"evconnlistener_new\w*|bufferevent_socket_connect\w*", {"link", "serve", "control"}, "let link open it"),
    ("dlopen|dlmopen", {"host", "publish"}, "let host load adapters, and publish load sinks"),
    (r"sqlite3_\w+", {"store"}, "ask store for it"),
]
ADAPTER_CALLS = "malloc|calloc|realloc|reallocarray|free|strdup|strndup|asprintf|aligned_alloc"

BANNED = re.compile(r"\b(TODO|FIXME|XXX|[Ss]tub(?:s|bed)?|HACK)\b")


def room_of(path):
    parts = path.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "core" else None


def read_rooms(text):
    """The table of rooms.txt as {room: set of rooms}."""
    rooms = {}
    for line in text.split("\n"):
        if line.strip() and not line.startswith(("#", "room ")):
            room, may, _ = (column.strip() for column in line.split("|"))
            rooms[room] = set(may.split())
    known = set(rooms)
    for room, may in rooms.items():
        unknown = may - known - {"*"}
        if unknown:
            raise SystemExit(f"rooms.txt: {room} may include {sorted(unknown)}, and there is no such room")
    for room in rooms:
        if room in reachable(rooms, room):
            raise SystemExit(f"rooms.txt: {room} includes itself by way of others")
    return rooms


def reachable(rooms, start):
    found, waiting = set(), list(rooms[start])
    while waiting:
        room = waiting.pop()
        if room not in found and room != "*":
            found.add(room)
            waiting.extend(rooms[room])
    return found


def who_includes_whom(tree, rooms):
    for path in tree.below("core", suffixes={".c", ".h"}):
        room = room_of(path)
        if is_test(path) or room in (None, "include"):
            continue
        if room not in rooms:
            yield Finding(path, 1, f"the room {room} is not in the table", "add it to tests/tidy/rooms.txt")
            continue
        for line, name, quoted in includes(tree, path):
            if not quoted:
                continue
            other = name.split("/")[0]
            if "/" not in name:
                yield Finding(path, line, f'"{name}" is not written from core/', f'write "{room}/{name}"')
            elif other not in rooms:
                yield Finding(path, line, f'"{name}" is in no room', "include what lies in core/")
            elif other not in rooms[room] | {room, "base"} and "*" not in rooms[room]:
                mend = "turn the arrow round, or give the reason in tests/tidy/rooms.txt"
                yield Finding(path, line, f"{room} includes {other}", mend)


def include_graph(tree):
    """The arrows between the rooms as the code has them, a line for each room, without those to base."""
    arrows = collections.defaultdict(set)
    for path in tree.below("core", suffixes={".c", ".h"}):
        room = room_of(path)
        if is_test(path) or room in (None, "include", "base"):
            continue
        others = {name.split("/")[0] for _, name, quoted in includes(tree, path) if quoted and "/" in name}
        arrows[room] |= others - {room, "base"}
    return [f"{room:9}→ {' '.join(sorted(others))}".rstrip() for room, others in sorted(arrows.items())]


def the_drawn_graph_is_true(tree):
    """In docs/architecture.md the lines of `./dev tidy --graph` stand in a block, so that the drawing cannot age."""
    path = "docs/architecture.md"
    if path not in tree.paths:
        return
    lines = tree.lines(path)
    for line in include_graph(tree):
        if line not in lines:
            yield Finding(path, 1, f"the graph of the code has '{line}'", "paste what ./dev tidy --graph prints")


def adapters_see_only_the_abi(tree):
    for path in tree.below("adapters", suffixes={".c", ".h"}):
        if is_test(path):
            continue
        for line, name, quoted in includes(tree, path):
            folder = os.path.dirname(path)
            if quoted and f"{folder}/{name}" in tree.paths:
                continue
            if not quoted and (name in C_HEADERS or name.startswith("dragoman/")):
                continue
            mend = "include <dragoman/…>, C's own headers, or a header of the same folder"
            yield Finding(path, line, f"an adapter includes {name}", mend)


def public_headers_stand_alone(tree):
    allowed = {"stdint.h", "stddef.h", "stdbool.h"}
    for path in tree.below("core/include", suffixes={".h"}):
        for line, name, quoted in includes(tree, path):
            own = f"core/include/dragoman/{name}" if quoted else f"core/include/{name}"
            if (name in allowed and not quoted) or own in tree.paths:
                continue
            mend = "only stdint.h, stddef.h, stdbool.h and other public headers"
            yield Finding(path, line, f"a public header includes {name}", mend)


def calls_stay_in_their_room(tree):
    for path in tree.below("core", "adapters", suffixes={".c", ".h"}):
        if is_test(path):
            continue
        room = room_of(path)
        code = tree.code(path)
        for names, rooms, mend in CALLS:
            if room in rooms:
                continue
            # A member or a longer name is not the call.
            for match in re.finditer(rf"(?<![\w.>])({names})\s*\(", code):
                yield Finding(path, line_at(code, match.start()), f"{match.group(1)}() outside {sorted(rooms)}", mend)
        if path.startswith("adapters/"):
            for match in re.finditer(rf"(?<![\w.>])({ADAPTER_CALLS})\s*\(", code):
                mend = "use the host's arena"
                yield Finding(path, line_at(code, match.start()), f"{match.group(1)}() in an adapter", mend)
        if room != "store":
            for line, name, _ in includes(tree, path):
                if name == "sqlite3.h":
                    yield Finding(path, line, "only store speaks SQL", "ask store for it")


# A name of an adapter that is something else, too, and where.
ALSO_SOMETHING_ELSE = {
    "phd": {"fhir", "config", "app"},
    "json": {"app", "base", "config", "fhir", "model", "publish", "sinks"},
}
# A name of an adapter that is a plain word: only what begins with it is the adapter's.
ALSO_A_WORD = {"lines"}


def the_core_names_no_adapter(tree):
    """An adapter gets nothing that another cannot have. What `dragoman simulate` plays is no adapter."""
    names = {path.split("/")[1] for path in tree.below("adapters")}
    for path in tree.below("core", suffixes={".c", ".h"}):
        room = room_of(path)
        if is_test(path) or room in ("simulate", "include") or os.path.basename(path).startswith("simulate"):
            continue
        wanted = sorted(name for name in names if room not in ALSO_SOMETHING_ELSE.get(name, ()))
        if not wanted:
            continue
        plain = "|".join(map(re.escape, wanted))
        alone = "|".join(re.escape(name) for name in wanted if name not in ALSO_A_WORD) or "(?!)"
        identifiers = re.compile(rf"\b(?:{alone})\b|\b(?:{plain})_\w+\b")
        literals = re.compile(rf'"(?:{plain})["/]')
        code = tree.code(path).split("\n")
        for number, line in enumerate(tree.lines(path), 1):
            is_example = ".example" in line
            if identifiers.search(code[number - 1]) or (literals.search(line) and not is_example):
                mend = "let every adapter have it, by the ABI"
                yield Finding(path, number, "the core knows an adapter by name", mend)


def lengths(tree):
    for path in tree.paths:
        if suffix(path) not in CODE and not tree.is_script(path):
            continue
        lines = tree.lines(path)
        for number, line in enumerate(lines, 1):
            if len(line) > LINE_LIMIT:
                yield Finding(path, number, f"{len(line)} columns", f"break it before column {LINE_LIMIT}")
        if len(lines) - 1 > FILE_LIMIT:
            yield Finding(path, FILE_LIMIT, f"{len(lines) - 1} lines", "one idea a file: split it")
        if not "".join(lines).strip():
            yield Finding(path, 1, "the file is empty", "remove it")
        if suffix(path) in {".c", ".h"}:
            for name, first, last in functions(tree.code(path)):
                if last - first + 1 > FUNCTION_LIMIT:
                    what = f"{name} has {last - first + 1} lines"
                    yield Finding(path, first, what, f"split it into functions of at most {FUNCTION_LIMIT}")


def functions(code):
    """(name, first line, last line) of every function, told by clang-format's shape: both ends stand in column 1."""
    lines = code.split("\n")
    start = None
    depth = 0
    for number, line in enumerate(lines, 1):
        if start is None and re.match(r"[A-Za-z_]", line):
            start = number
        depth += line.count("{") - line.count("}")
        if start is None or depth > 0:
            continue
        head = "\n".join(lines[start - 1 : number]).split("{")[0]
        if line.startswith("}"):
            name = re.search(r"(\w+)\s*\(", head)
            if name and "=" not in head:
                yield name.group(1), start, number
            start = None
        elif line.rstrip().endswith((";", "}")):
            start = None


def headers_explain_their_functions(tree):
    for path in tree.below("core", "adapters", suffixes={".h"}):
        if is_test(path):
            continue
        lines = tree.lines(path)
        if not re.match(r"\s*(//|/\*)", lines[0]):
            yield Finding(path, 1, "the header has no opening words", "say what it is for, threads and lifetimes")
        for name, line in declared(tree.code(path)):
            above = lines[line - 2].rstrip() if line > 1 else ""
            if not (above.lstrip().startswith("//") or above.endswith("*/")):
                mend = "say directly above it what it accepts, returns and owns"
                yield Finding(path, line, f"{name} has no comment", mend)


def declared(code):
    """(name, line) of every function that a header declares or defines."""
    # Bodies, member lists and the preprocessor's lines would look like declarations.
    code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: "\n" * m.group(0).count("\n"), code, flags=re.M)
    depth, flat = 0, []
    for character in code:
        depth -= character == "}"
        flat.append(character if depth == 0 or character == "\n" else " ")
        depth += character == "{"
    flat = "".join(flat)
    pattern = r"^(?!typedef\b)[A-Za-z_][^;{}()]*?\b(\w+)\s*\((?!\s*\*)[^;{}]*\)[^;{}()]*[;{]"
    for match in re.finditer(pattern, flat, re.M):
        if match.group(1) not in {"_Static_assert", "static_assert", "__attribute__"}:
            yield match.group(1), line_at(flat, match.start())


def nothing_is_dead(tree):
    everything = {path: tree.text(path) for path in tree.below(suffixes=TEXT)}
    everything.update({path: tree.text(path) for path in tree.paths if tree.is_script(path)})
    included = collections.Counter()
    for path in tree.below(suffixes={".c", ".h"}):
        for _, name, quoted in includes(tree, path):
            included[name] += 1
            if quoted:
                included[f"{os.path.dirname(path)}/{name}"] += 1
    for path in tree.below("core", "adapters", "tests", suffixes={".h"}):
        names = {path, path.removeprefix("core/"), path.removeprefix("core/include/"), path.removeprefix("tests/")}
        # Frozen headers are for programs that tests build.
        is_frozen = path.startswith("tests/abi/headers-")
        if not is_frozen and not any(included[name] for name in names):
            yield Finding(path, 1, "nobody includes it", "remove it")
    for path in tree.below("schemas", "mappings/terms"):
        name = os.path.basename(path)
        if not any(name in text for other, text in everything.items() if other != path):
            yield Finding(path, 1, "nothing in code, tests or documents names it", "remove it, or say what it is for")
    for path in tree.below("mappings"):
        adapter = path.split("/")[1]
        if adapter != "terms" and "/" in path[9:] and not any(True for _ in tree.below(f"adapters/{adapter}")):
            yield Finding(path, 1, f"there is no adapter {adapter}", "remove it")
    yield from unused_functions(tree)


def unused_functions(tree):
    words = collections.defaultdict(set)
    for path in tree.below(suffixes={".c", ".h"}):
        for word in re.findall(r"\b[a-z]\w+\b", tree.code(path)):
            words[word].add(path)
    for path in tree.below("core", "adapters", suffixes={".h"}):
        if path.startswith("core/include/") or is_test(path):
            continue
        for name, line in declared(tree.code(path)):
            users = words[name] - {path}
            in_header = len(re.findall(rf"\b{name}\b", tree.code(path)))
            is_inline = "static inline" in tree.lines(path)[line - 1]
            if not users and in_header == 1:
                yield Finding(path, line, f"{name} is declared, and nobody defines or calls it", "remove it")
            elif len(users) == 1 and in_header == 1 and not is_inline:
                mend = "make it static, or remove it"
                yield Finding(path, line, f"{name} is used in {users.pop()} only", mend)


def no_banned_words(tree):
    for path in tree.below(suffixes=TEXT):
        # The rule has to name the words; facts and examples from outside may hold any.
        if path.startswith(("tests/tidy/", "tests/golden/", "tests/fuzz/corpus/", "examples/")):
            continue
        for number, line in enumerate(tree.lines(path), 1):
            match = BANNED.search(line)
            if match:
                yield Finding(path, number, f"the word {match.group(1)}", "do it now, or open an issue")


def format_is_kept(tree):
    c_files = list(tree.below("core", "adapters", "tests", "examples", suffixes={".c", ".h"}))
    if c_files:
        command = ["clang-format-19", "--dry-run", "--Werror", "--ferror-limit=1", *c_files]
        done = subprocess.run(command, cwd=tree.root, capture_output=True, text=True, check=False)
        for match in re.finditer(r"^(\S+?):(\d+):\d+: error: code should be clang-formatted", done.stderr, re.M):
            yield Finding(match.group(1), int(match.group(2)), "not in the project's format", "run ./dev format")
    zig_files = list(tree.below(suffixes={".zig"}))
    if zig_files:
        command = ["zig", "fmt", "--check", *zig_files]
        done = subprocess.run(command, cwd=tree.root, capture_output=True, text=True, check=False)
        for path in done.stdout.split():
            yield Finding(path, 1, "not in zig's format", "run ./dev format")


def line_at(text, offset):
    return text.count("\n", 0, offset) + 1
