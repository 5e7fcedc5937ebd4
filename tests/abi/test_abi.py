"""What ABI major 1 promises: what was there stays where it was, and both sides may be of other minors.

`headers-1.0/` is a frozen copy of the first headers. A minor is made here by appending members to every container, a
slot to the host's table, an event kind and a minor number.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TODAY = ROOT / "core" / "include"
FROZEN = Path(__file__).parent / "headers-1.0"
HELLO = ROOT / "examples" / "hello-adapter" / "hello.c"
PROFILED = Path(__file__).parent / "profiled.c"
INPUT = b"T=37.20\nT=x\nT=36.9\nT=40"

# Passed by value or inside of others: they may not even grow.
LEAVES = {
    "dragoman_bytes", "dragoman_decimal", "dragoman_time", "dragoman_now", "dragoman_code", "dragoman_path",
    "dragoman_list", "dragoman_concept", "dragoman_identifier", "dragoman_range", "dragoman_setting",
    "dragoman_progress", "dragoman_event",
}  # fmt: skip
# Those that a minor may append to.
CONTAINERS = [
    "dragoman_report", "dragoman_observation", "dragoman_value", "dragoman_device", "dragoman_patient",
    "dragoman_place", "dragoman_alert", "dragoman_context", "dragoman_component", "dragoman_node",
    "dragoman_order", "dragoman_samples", "dragoman_action", "dragoman_host", "dragoman_start",
    "dragoman_adapter_descriptor",
]  # fmt: skip


def structs(headers):
    """Struct name → its members' names, in order."""
    found = {}
    for header in sorted((headers / "dragoman").glob("*.h")):
        text = re.sub(r"/\*.*?\*/", "", header.read_text(encoding="utf-8"), flags=re.S)
        for name, body in re.findall(r"typedef struct (\w+) \{(.*?)\} \1;", text, flags=re.S):
            body = re.sub(r"union \{.*?\} (\w+);", r"int \1;", body, flags=re.S)
            members = []
            for declaration in filter(None, (part.strip() for part in body.split(";"))):
                slot = re.search(r"\(\*(\w+)\)", declaration)
                names = [slot.group(1)] if slot else re.findall(r"(\w+)(?:\[\w*\])?\s*(?:,|$)", declaration)
                members += names
            found[name] = members
    return found


def layout(headers, members, tmp_path):
    """(struct, member) → offset and size, as a C compiler has them."""
    lines = ["#include <dragoman/adapter.h>", "#include <stdio.h>", "int main(void) {"]
    for name, parts in members.items():
        lines.append(f'printf("{name} . 0 %zu\\n", sizeof({name}));')
        for part in parts:
            lines.append(
                f'printf("{name} {part} %zu %zu\\n", offsetof({name}, {part}), sizeof((({name} *)0)->{part}));'
            )
    source = tmp_path / f"layout-{headers.parent.name}-{headers.name}.c"
    source.write_text("\n".join([*lines, "return 0; }"]))
    program = source.with_suffix("")
    subprocess.run(["cc", "-std=c11", "-I", headers, "-o", program, source], check=True)
    said = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    return {tuple(line.split()[:2]): tuple(line.split()[2:]) for line in said.splitlines()}


def test_what_was_there_stays_where_it_was(tmp_path):
    members = structs(FROZEN)
    assert {"dragoman_report", "dragoman_host", "dragoman_event"} <= set(members)
    first, today = layout(FROZEN, members, tmp_path), layout(TODAY, members, tmp_path)
    for (name, part), place in first.items():
        if part != "." or name in LEAVES:
            assert today[name, part] == place, f"{name}.{part} moved"


def numbers(headers, names, tmp_path):
    """Enumerator or constant → its number, as a C compiler has it."""
    lines = ["#include <dragoman/adapter.h>", "#include <stdio.h>", "int main(void) {"]
    lines += [f'printf("{name} %lld\\n", (long long){name});' for name in names]
    source = tmp_path / f"numbers-{headers.parent.name}-{headers.name}.c"
    source.write_text("\n".join([*lines, "return 0; }"]))
    program = source.with_suffix("")
    subprocess.run(["cc", "-std=c11", "-I", headers, "-o", program, source], check=True)
    said = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    return dict(line.split() for line in said.splitlines())


def test_words_keep_their_numbers(tmp_path):
    text = "".join(one.read_text(encoding="utf-8") for one in sorted((FROZEN / "dragoman").glob("*.h")))
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    names = re.findall(r"^\s+(DRAGOMAN_\w+) = ", text, flags=re.M)
    names += re.findall(r"^#define (DRAGOMAN_(?:STATUS|ALERT|TIME)_\w+) ", text, flags=re.M)
    assert len(names) > 100 and {"DRAGOMAN_EVENT_SETTLED", "DRAGOMAN_STATUS_INVALID"} <= set(names)
    assert numbers(TODAY, names, tmp_path) == numbers(FROZEN, names, tmp_path)


def appended(folder):
    """Headers of a next minor: every container has two members more, the host a slot, and there is a new event."""
    headers = Path(shutil.copytree(TODAY, folder / "appended"))
    for header in (headers / "dragoman").glob("*.h"):
        text = header.read_text(encoding="utf-8")
        for name in CONTAINERS:
            more = "    uint64_t appended_number;\n    const char *appended_text;\n"
            text = re.sub(rf"(\n\}} {name};)", f"\n{more}}} {name};", text)
        text = text.replace("#define DRAGOMAN_ABI_MINOR 1", "#define DRAGOMAN_ABI_MINOR 2")
        text = text.replace(
            "DRAGOMAN_EVENT_REFUSED = 9,", "DRAGOMAN_EVENT_REFUSED = 9,\n    DRAGOMAN_EVENT_APPENDED = 10,"
        )
        header.write_text(text, encoding="utf-8")
    return headers


def adapter(headers, folder, source=HELLO):
    library = folder / f"{source.stem}-{headers.parent.name}-{headers.name}.so"
    flags = "-std=c11 -fPIC -shared -fvisibility=hidden".split()
    subprocess.run(["cc", *flags, "-I", headers, "-o", library, source], check=True)
    return library


def host(headers, folder):
    """The host and what it stands on, built against `headers`."""
    messages = folder / "protobuf"
    messages.mkdir(exist_ok=True)
    words = [f"--proto-path={ROOT / 'schemas'}", f"--options-file={ROOT / 'schemas/dragoman.options'}"]
    subprocess.run(
        ["nanopb_generator.py", "--quiet", *words, f"--output-dir={messages}", "dragoman.proto"], check=True
    )
    sources = [Path(__file__).parent / "host_driver.c", ROOT / "core/loop/clock.c"]
    for room in ("base", "model", "capture", "host"):
        sources += [one for one in (ROOT / "core" / room).glob("*.c") if not one.name.endswith("_test.c")]
    program = folder / f"host-{headers.parent.name}-{headers.name}"
    flags = ["-std=c17", "-D_GNU_SOURCE", '-DDRAGOMAN_VERSION="test"', "-O0", "-w"]
    places = ["-I", headers, "-I", ROOT / "core", "-I", messages]
    subprocess.run(
        ["cc", *flags, *places, "-o", program, *sources, "-lyajl", "-lyaml", "-lpcap", "-lpthread", "-ldl"], check=True
    )
    return program


@pytest.fixture(name="built", scope="module")
def everything_built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("abi")
    headers = {"first": FROZEN, "today": TODAY, "next": appended(folder)}
    return {
        "adapters": {name: adapter(one, folder) for name, one in headers.items()},
        "profiled": {name: adapter(one, folder, PROFILED) for name, one in headers.items()},
        "hosts": {name: host(headers[name], folder) for name in ("today", "next")},
    }


@pytest.mark.parametrize("of_host", ["today", "next"])
@pytest.mark.parametrize("of_adapter", ["first", "today", "next"])
def test_each_runs_in_the_others_host(built, of_host, of_adapter):
    said = {
        one: subprocess.run(
            [built["hosts"][of_host], built["adapters"][one]], input=INPUT, capture_output=True, check=True
        )
        for one in ("today", of_adapter)
    }
    lines = said[of_adapter].stdout.decode().splitlines()
    assert lines == said["today"].stdout.decode().splitlines()
    reports = [bytes.fromhex(line) for line in lines if line.split()[0] not in ("action", "letter")]
    assert len(reports) == 2 and b"Temperature" in reports[0] and b"HELLO" in reports[0]
    assert [line for line in lines if line.startswith("action")] == ["action 1 OK"] * 3


@pytest.mark.parametrize("of_host", ["today", "next"])
@pytest.mark.parametrize("of_adapter", ["first", "today", "next"])
def test_a_profiles_device_section_reaches_who_knows_of_it(built, of_host, of_adapter):
    command = [built["hosts"][of_host], built["profiled"][of_adapter]]
    said = subprocess.run(command, input="x", capture_output=True, text=True, check=True).stdout.splitlines()
    if of_adapter == "first":
        assert said == ["letter no profile = is known"]
    else:
        letters = ["letter lines.0.name = air", "letter lines.1.name = wrong"]
        assert said == ["mistake lines.1.name: this is wrong", *letters]
