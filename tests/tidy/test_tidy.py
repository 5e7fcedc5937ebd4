"""Each rule of `./dev tidy` finds what it is for, at its line, and leaves a tidy tree alone."""

import json
import shutil
from pathlib import Path

import deep
import pytest
import rules
from tree import Tree

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = rules.read_rooms("room | may include | because\nbase | | x\nmodel | | x\nstore | model | x\napp | * | x\n")

TIDY = {
    "core/base/text.h": "// Texts.\n#ifndef T\n#define T\n#define TWICE(x) ((x) + (x))\n\n// How long the text is.\n"
    "int base_length(const char *text);\n\n// A callback's type.\ntypedef int (*base_visit)(int a);\n\n"
    "// Whether it is empty.\nstatic inline int base_empty(const char *text) {\n    return base_length(text) == 0;\n}\n"
    "\n#endif\n",
    "core/base/text.c": '#include "base/text.h"\n\nint base_length(const char *text) {\n    return text[0] != 0;\n}\n',
    "core/store/store.c": '#include "base/text.h"\n#include "model/model.h"\n#include <sqlite3.h>\n\n'
    "// time() and malloc() are words here\nstatic int store_time(void) {\n    return base_empty(MODEL);\n}\n",
    "core/model/model.h": '// The model.\n#define MODEL "time(0) TODAY"\n',
    "core/include/dragoman/base.h": "// Base.\n#include <stdint.h>\n",
    "core/include/dragoman/adapter.h": '// Adapter.\n#include "base.h"\n',
    "adapters/one/one.c": '#include "one.h"\n#include <dragoman/adapter.h>\n#include <string.h>\n',
    "adapters/one/one.h": "// One.\n",
    "mappings/terms/codes.csv": "a,b\n",
    "schemas/site.schema.json": "{}\n",
    "docs/architecture.md": "```\nmodel    →\nstore    → model\n```\n",
    "docs/mapping.md": "codes.csv and site.schema.json\n",
}


@pytest.fixture(name="tidy")
def fixture_tidy(tmp_path):
    """A function: the findings of a rule over the tidy tree with some files changed."""

    def run(rule, changes):
        for path, text in {**TIDY, **changes}.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, encoding="utf-8")
        shutil.copy(ROOT / ".clang-format", tmp_path)
        arguments = [ROOMS] if rule is rules.who_includes_whom else []
        return [(f.path, f.line) for f in rule(Tree(tmp_path), *arguments)]

    return run


ALL = [
    rules.who_includes_whom,
    rules.the_drawn_graph_is_true,
    rules.adapters_see_only_the_abi,
    rules.public_headers_stand_alone,
    rules.calls_stay_in_their_room,
    rules.the_core_names_no_adapter,
    rules.lengths,
    rules.headers_explain_their_functions,
    rules.nothing_is_dead,
    rules.no_banned_words,
    rules.format_is_kept,
]


@pytest.mark.parametrize("rule", ALL)
def test_a_tidy_tree_has_no_findings(tidy, rule):
    assert tidy(rule, {}) == []


LONG_FUNCTION = "int base_long(void) {\n" + "    base_call();\n" * 69 + "}\n"
HEADER = TIDY["core/base/text.h"].replace("\n#endif\n", "")

BROKEN = [
    (rules.who_includes_whom, "core/model/x.c", '#include "store/store.h"\n', 1),
    (rules.who_includes_whom, "core/store/x.c", '\n#include "app/app.h"\n', 2),
    (rules.who_includes_whom, "core/store/x.c", '#include "store.h"\n', 1),
    (rules.who_includes_whom, "core/store/x.c", '#include "nowhere/x.h"\n', 1),
    (rules.who_includes_whom, "core/newroom/x.c", "\n", 1),
    (rules.the_drawn_graph_is_true, "docs/architecture.md", "model    →\n", 1),
    (rules.adapters_see_only_the_abi, "adapters/one/x.c", '#include "base/text.h"\n', 1),
    (rules.the_core_names_no_adapter, "core/store/x.c", 'int a = is(name, "one");\n', 1),
    (rules.the_core_names_no_adapter, "core/app/x.c", "\nint a = one_special(1);\n", 2),
    (rules.adapters_see_only_the_abi, "adapters/one/x.c", "#include <unistd.h>\n", 1),
    (rules.adapters_see_only_the_abi, "adapters/one/x.c", '#include "../two/two.h"\n', 1),
    (rules.public_headers_stand_alone, "core/include/dragoman/x.h", "// X.\n#include <stdio.h>\n", 2),
    (rules.public_headers_stand_alone, "core/include/dragoman/x.h", '// X.\n#include "base/text.h"\n', 2),
    (rules.calls_stay_in_their_room, "core/store/x.c", "\nlong x = time(NULL);\n", 2),
    (rules.calls_stay_in_their_room, "core/store/x.c", "int x = clock_gettime(0, 0);\n", 1),
    (rules.calls_stay_in_their_room, "core/store/x.c", "int x = socket (1, 2, 3);\n", 1),
    (rules.calls_stay_in_their_room, "core/store/x.c", "void *x = dlopen(0, 0);\n", 1),
    (rules.calls_stay_in_their_room, "core/model/x.c", "#include <sqlite3.h>\n", 1),
    (rules.calls_stay_in_their_room, "core/model/x.c", "int x = sqlite3_step(0);\n", 1),
    (rules.calls_stay_in_their_room, "adapters/one/x.c", "\n\nvoid *x = malloc(1);\n", 3),
    (rules.calls_stay_in_their_room, "adapters/one/x.c", "void x(void) {\n    free(0);\n}\n", 2),
    (rules.lengths, "core/base/x.c", "//" + "x" * 119 + "\n", 1),
    (rules.lengths, "core/base/x.c", "int x;\n" * 601, 600),
    (rules.lengths, "core/base/x.c", "\n", 1),
    (rules.lengths, "core/base/x.c", "int y;\n\n" + LONG_FUNCTION, 3),
    (rules.lengths, "core/base/x.c", "static struct a *\nmany(int a,\n  int b) {\n" + "    x();\n" * 67 + "}\n", 1),
    (rules.headers_explain_their_functions, "core/base/text.h", HEADER + "\nint base_bare(void);\n", 17),
    (rules.headers_explain_their_functions, "core/base/text.h", HEADER + "char *\nbase_bare(int a,\n  int b);\n", 16),
    (rules.headers_explain_their_functions, "core/base/text.h", HEADER + "static inline int b(void) {\n}\n", 16),
    (rules.headers_explain_their_functions, "core/base/x.h", "#define X\n", 1),
    (rules.nothing_is_dead, "core/base/alone.h", "// Alone.\n", 1),
    (rules.nothing_is_dead, "core/base/text.h", HEADER + "// Words.\nint base_unused(void);\n", 17),
    (rules.nothing_is_dead, "mappings/terms/other.csv", "a\n", 1),
    (rules.nothing_is_dead, "mappings/gone/x.yaml", "a: b\n", 1),
    (rules.nothing_is_dead, "schemas/other.json", "{}\n", 1),
    (rules.no_banned_words, "core/base/x.c", "int x;\n// TODO: more\n", 2),
    (rules.no_banned_words, "docs/x.md", "This is a stub.\n", 1),
    (rules.format_is_kept, "core/base/x.c", "int   x;\n", 1),
    (rules.format_is_kept, "build.zig", "const  x = 1;\n", 1),
]


@pytest.mark.parametrize("rule, path, text, line", BROKEN)
def test_a_rule_finds_what_it_is_for(tidy, rule, path, text, line):
    assert tidy(rule, {path: text}) == [(path, line)]


def test_a_function_that_only_its_own_file_uses_is_found(tidy):
    changes = {
        "core/base/text.h": HEADER + "// Own.\nint base_own(void);\n",
        "core/base/text.c": TIDY["core/base/text.c"] + "int base_own(void) {\n    return base_own();\n}\n",
    }
    assert tidy(rules.nothing_is_dead, changes) == [("core/base/text.h", 17)]


def test_a_function_of_seventy_lines_is_not_too_long(tidy):
    assert tidy(rules.lengths, {"core/base/x.c": LONG_FUNCTION.replace("    base_call();\n", "", 1)}) == []


@pytest.mark.parametrize("table", ["base | nowhere | x\n", "a | b | x\nb | c | x\nc | a | x\n"])
def test_an_unknown_room_and_a_circle_in_the_table_are_refused(table):
    with pytest.raises(SystemExit):
        rules.read_rooms(table)


@pytest.mark.parametrize("tool", [deep.clang_tidy, deep.cppcheck])
def test_the_deep_tools_find_a_fault_and_remember_only_clean_files(tmp_path, tool):
    source = tmp_path / "core/base/x.c"
    source.parent.mkdir(parents=True)
    settings = "Checks: '-*,clang-analyzer-core.*'\nWarningsAsErrors: '*'\n"
    (tmp_path / ".clang-tidy").write_text(settings, encoding="utf-8")
    arguments = ["clang-19", "-std=c17", "-c", "core/base/x.c"]
    entry = {"directory": str(tmp_path), "file": "core/base/x.c", "arguments": arguments}
    (tmp_path / "compile_commands.json").write_text(json.dumps([entry]), encoding="utf-8")
    faulty = "int base_x(void);\nint base_x(void) {\n    int *nothing = 0;\n    return *nothing;\n}\n"
    for _ in range(2):
        source.write_text(faulty, encoding="utf-8")
        assert [(f.path, f.line) for f in tool(Tree(tmp_path))] == [("core/base/x.c", 4)]
    source.write_text(faulty.replace("= 0", "= (int[]){1}"), encoding="utf-8")
    assert list(tool(Tree(tmp_path))) == []
    source.write_text(faulty, encoding="utf-8")
    assert len(list(tool(Tree(tmp_path)))) == 1
