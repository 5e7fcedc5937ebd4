"""Adapters that `dragoman adapter check` must refuse: the skeleton with one thing wrong each, and what is said."""

import json
import os
import subprocess

import pytest
from ward import PROGRAM, ROOT, dragoman

ENVIRONMENT = {**os.environ, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}",
               "PKG_CONFIG_PATH": str(ROOT / "zig-out" / "share" / "pkgconfig")}
SAMPLE = "HR=72;SpO2=97.5\r\nHR=--;SpO2=97.0\r\nHR=71;SpO2=96.5\r\n"

INCLUDE = "#include <dragoman/adapter.h>"
OWED = "    uint32_t owed;         /* answers that are due */"
TAKE = "    uint32_t count = 0;\n    for (size_t at = 0; at <= line.size; count++) {"
EMIT = "        status = self->host->emit(self->context, &report);"
REFUSE = "    self->host->count(self->context, DRAGOMAN_COUNT_BAD_FRAME, 1);"
NEXT = "    skeleton *self = instance;\n    if (self->owed == 0) {"
DEADLINE = "    (void)instance;\n    return DRAGOMAN_NO_DEADLINE;"

# name: (what is changed in the skeleton, the clause that it breaks, words of what has to be mended)
REFUSED = {
    "wrong-magic": ([(".magic = DRAGOMAN_ABI_MAGIC", ".magic = 7")], "loads", "it is no adapter descriptor"),
    "wrong-major": ([(".abi_major = DRAGOMAN_ABI_MAJOR", ".abi_major = 2")], "loads",
                    "built for adapter ABI 2.1, this dragoman has 1.1: rebuild it"),
    "no-slot": ([("    .expire = skeleton_expire,\n", "")], "loads", "member `expire` is not filled"),
    "socket": ([(INCLUDE, INCLUDE + "\n#include <sys/socket.h>"), (NEXT, "    (void)!socket(2, 1, 0);\n" + NEXT)],
               "asks the system for nothing", "it calls socket(): an adapter opens nothing"),
    "clock": ([(INCLUDE, INCLUDE + "\n#include <time.h>"), (NEXT, "    (void)!time(NULL);\n" + NEXT)],
              "asks the system for nothing", "it calls time(): take the time from `now`"),
    "chance": ([(INCLUDE, INCLUDE + "\n#include <stdlib.h>"), (NEXT, "    (void)!rand();\n" + NEXT)],
               "asks the system for nothing", "it calls rand(): draw from the seed"),
    "second-symbol": ([(INCLUDE, INCLUDE + "\nDRAGOMAN_EXPORT int skeleton_helper(void);\n"
                        "int skeleton_helper(void) { return 1; }")],
                      "exports nothing but its descriptor", "it exports thermo_helper: make it static"),
    "deadline-stays": ([(DEADLINE, "    (void)instance;\n    return 1000001;")],
                       "its deadlines, one after the other", "its deadline lies in the past"),
    "global-counter": ([(INCLUDE, INCLUDE + "\nstatic int64_t lines;"),
                        (EMIT, "        ((dragoman_value *)observations[0].values.items)->number.mantissa += ++lines;\n"
                         + EMIT)],
                       "the same sample again", "it says something else the second time"),
    "impossible-value": ([(EMIT, "        ((dragoman_value *)observations[0].values.items)->kind = 77;\n" + EMIT)],
                         "the whole sample at once", "emit refuses a report, since it says what cannot be"),
    "consumes-too-much": ([("ret_progress->consumed = i + 1;", "ret_progress->consumed = unread.size + 1;")],
                          "the whole sample at once", "it consumes more than there is"),
    "consumes-and-needs": ([("    return DRAGOMAN_NEED_MORE;\n}\n\nstatic int64_t",
                             "    ret_progress->consumed = unread.size > 0;\n    return DRAGOMAN_NEED_MORE;\n}\n\n"
                             "static int64_t")],
                           "byte by byte", "or consumes and asks for more in one call"),
    "keeps-a-pointer": ([(OWED, OWED + "\n    dragoman_bytes last;"),
                         (TAKE, "    dragoman_bytes before = self->last;\n    self->last = line;\n"
                          "    if (before.size > 0 && before.data[0] != 'H') {\n"
                          "        return refuse(self, before, (dragoman_bytes){before.data, 1});\n    }\n" + TAKE)],
                        "what it was given is gone after the call", "it keeps a pointer to bytes of an event"),
    "keeps-a-setting": ([("    uint8_t *kept = name.size == 0 ? NULL : host->allocate(context, name.size);",
                          "    uint8_t *kept = (uint8_t *)(uintptr_t)start->link.data;"),
                         ("for (size_t i = 0; kept != NULL && i < name.size; i++)", "for (size_t i = 0; i < 0; i++)"),
                         ("(dragoman_bytes){kept, name.size}", "(dragoman_bytes){kept, 1}")],
                        "what it was given is gone after the call",
                        "it keeps a pointer to bytes of an event or setting"),
    "leaks": ([(EMIT, "        (void)self->host->allocate(self->context, 48);\n" + EMIT)],
              "memory that it takes comes back", "and never gives them back: release them, or give them a limit"),
    "ever-slower": ([(OWED, OWED + "\n    uint32_t lines;"),
                     (EMIT, "        self->lines++;\n"
                      "        for (volatile uint32_t i = 0; i < self->lines * 5000; i++) {\n        }\n" + EMIT)],
                    "time and memory in proportion to the input", "the work for a byte grows with what came before"),
    "ever-more-memory": ([(OWED, OWED + "\n    uint32_t lines;"),
                          (EMIT, "        self->lines++;\n        for (uint32_t i = 0; i < self->lines; i++) {\n"
                           "            (void)self->host->batch(self->context, 8);\n        }\n" + EMIT)],
                         "time and memory in proportion to the input", "memory is taken for what came before"),
    "gives-up-for-ever": ([(OWED, OWED + "\n    bool is_lost;"), (REFUSE, "    self->is_lost = true;\n" + REFUSE),
                           (TAKE, "    if (self->is_lost) {\n        return DRAGOMAN_OK;\n    }\n" + TAKE)],
                          "a wrong bit, a byte missing or doubled, a cut: what follows is read",
                          "after a broken message no good one is read any more"),
    "endless-answers": ([(NEXT, NEXT.replace("self->owed == 0", "false"))],
                        "the whole sample at once", "its actions never end"),
    "looks-at-the-split": ([("return take_line(self, (dragoman_bytes){unread.data, has_return ? i - 1 : i});",
                             "return unread.size > 25 ? take_line(self, (dragoman_bytes){unread.data, i - has_return}) "
                             ": DRAGOMAN_OK;")],
                           "byte by byte", "it says something else than when the input comes in one piece"),
}


@pytest.fixture(name="skeleton", scope="module")
def the_skeleton(tmp_path_factory):
    folder = tmp_path_factory.mktemp("refused")
    assert dragoman("adapter", "new", "thermo", cwd=folder).returncode == 0
    (folder / "thermo" / "sample.txt").write_text(SAMPLE, newline="", encoding="utf-8")
    return folder / "thermo"


def build(skeleton, folder, changes, *flags):
    """The skeleton with something changed, as a library in `folder`."""
    text = (skeleton / "thermo.c").read_text(encoding="utf-8")
    for before, after in changes:
        before, after = before.replace("skeleton", "thermo"), after.replace("skeleton", "thermo")
        assert before in text, before
        text = text.replace(before, after, 1)
    (folder / "thermo.c").write_text(text, encoding="utf-8")
    subprocess.run(["cc", "-std=c11", "-O1", "-g", "-w", "-fPIC", "-fvisibility=hidden", "-shared", *flags, "-I",
                    ROOT / "zig-out" / "include", "-o", "thermo.so", "thermo.c"], cwd=folder, env=ENVIRONMENT,
                   check=True)


def findings(skeleton, folder):
    said = dragoman("adapter", "check", "--json", "./thermo.so", "--sample", skeleton / "sample.txt", cwd=folder)
    return said.returncode, json.loads(said.stdout)


def test_the_skeleton_itself_passes(skeleton, tmp_path):
    build(skeleton, tmp_path, [])
    code, found = findings(skeleton, tmp_path)
    assert code == 0 and all(one["kept"] for one in found), found


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_the_mend(skeleton, tmp_path, name):
    changes, clause, words = REFUSED[name]
    build(skeleton, tmp_path, changes)
    code, found = findings(skeleton, tmp_path)
    said = [(one["clause"], one["detail"]) for one in found if not one["kept"]]
    assert code == 1
    assert any(where == clause and words in detail for where, detail in said), said


def test_a_look_beyond_the_end_is_found_when_it_was_built_with_the_checker(skeleton, tmp_path):
    build(skeleton, tmp_path, [("bool has_return = i > 0", "bool has_return = unread.data[unread.size] != 1 && i > 0")],
          "-fsanitize=address")
    said = dragoman("adapter", "check", "./thermo.so", "--sample", skeleton / "sample.txt", cwd=tmp_path)
    assert said.returncode == 1 and "the address checker stopped it after" in said.stdout, said.stdout
    assert "heap-buffer-overflow" in said.stderr and "thermo.c:" in said.stderr
