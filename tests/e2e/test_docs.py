"""The documentation is true: commands run, site files pass, links lead somewhere, its table is the program's."""

import os
import re
import shutil
import subprocess

import mllp
import pytest
import yaml
from test_cli import COMMANDS
from ward import ROOT, dragoman

PAGES = sorted(path.relative_to(ROOT) for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "mappings/**/*.md",
                                                       "tests/**/*.md") for path in ROOT.glob(pattern)
               if path.parent.name != "hl7v2" or "golden" not in path.parts)
# The steps of ./dev build, test and demonstrate for minutes; ./dev bare runs README's on a bare machine.
TOO_LONG = re.compile(r"^(\./dev|zig build)\b")
PATIENCE_S = 60


def text_of(page) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(language: str) -> list:
    """(page, block) of every fenced block in this language."""
    fence = re.compile(rf"^```{language}\n(.*?)^```$", re.M | re.S)
    return [(page, block) for page in PAGES for block in fence.findall(text_of(page))]


def names(pairs: list) -> list:
    return [f"{page}: {block.strip().splitlines()[0]}" for page, block in pairs]


def anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A copy of what a reader has after `./dev build`, where commands may write."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("examples", "mappings", "schemas"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("out"))
    for name in ("bin", "lib", "include", "share"):
        shutil.copytree(ROOT / "zig-out" / name, folder / "zig-out" / name)
    return folder


@pytest.fixture(scope="module")
def port():
    """Documentation says 2575, which may be taken on the machine that tests."""
    with mllp.listen() as server:
        return server.getsockname()[1]


RUN = [(page, block) for page, block in blocks("sh") if not all(TOO_LONG.match(line) for line in block.splitlines())]


def test_commands_are_true(clone, port):
    """All of them in the order in which a reader comes to them: later ones use what earlier ones made."""
    site = clone / "examples" / "ward" / "site.yaml"
    site.write_text(site.read_text().replace("2575", str(port)))
    assert len(RUN) >= 3
    environment = {**os.environ, "TERM": "dumb", "PATH": f"{clone / 'zig-out' / 'bin'}:{os.environ['PATH']}",
                   "PKG_CONFIG_PATH": str(clone / "zig-out" / "share" / "pkgconfig")}
    for page, block in RUN:
        script = block.replace("127.0.0.1:2575", f"127.0.0.1:{port}")
        done = subprocess.run(["sh", "-eu", "-c", script + "\nwait\n"], cwd=clone, capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False, env=environment)
        assert done.returncode == 0, f"{page}:\n{block}\n{done.stdout}\n{done.stderr}"
        assert "error" not in done.stderr.lower() and "warning" not in done.stderr.lower(), f"{page}:\n{done.stderr}"


SITES = [(page, block) for page, block in blocks("yaml") if re.search(r"^links:", block, re.M)]
PROFILES = [(page, block) for page, block in blocks("yaml") if block.startswith("profile:")]


@pytest.mark.parametrize("page, block", SITES, ids=names(SITES))
def test_site_files_are_good(tmp_path, page, block):
    done = dragoman("check", "-", input=block, cwd=tmp_path)
    assert done.returncode == 0, f"{page}: {done.stderr}"


@pytest.mark.parametrize("page, block", PROFILES, ids=names(PROFILES))
def test_profiles_are_good(tmp_path, page, block):
    (tmp_path / "mappings" / "hl7v2").mkdir(parents=True)
    (tmp_path / "mappings" / "hl7v2" / "documented.yaml").write_text(block, encoding="utf-8")
    done = dragoman("translate", "--mappings", tmp_path / "mappings", "--profile", yaml.safe_load(block)["profile"],
                    ROOT / "examples" / "oru.hl7")
    assert done.returncode == 0, f"{page}: {done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```$", "", text_of(page), flags=re.M | re.S)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?:|mailto:", link):
            continue
        path, _, part = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), f"{page}: {link}"
        if part:
            headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.M)
            assert part in map(anchor, headings), f"{page}: {link}"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_commands_in_the_text_exist(page):
    for words in re.findall(r"`(?:zig-out/bin/)?dragoman ([^`]+)`", text_of(page)):
        command = words.split()[0]
        if re.fullmatch(r"[A-Z|.…]+|--\w+", command):
            continue
        for one in command.split("|"):
            assert one in COMMANDS, f"{page}: dragoman {words}"
            shown = dragoman(one, "--help").stdout
            for option in re.findall(r"(--[a-z-]+)", words):
                assert option in shown or option == "--help", f"{page}: dragoman {words}"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_steps_in_the_text_exist(page):
    steps = set(re.findall(r"^step_(\w+)\(\)", (ROOT / "dev").read_text(encoding="utf-8"), re.M))
    steps |= {path.parent.name for path in ROOT.glob("tests/*/run")}
    for step in re.findall(r"`\./dev (\w+)", text_of(page)):
        assert step in steps, f"{page}: ./dev {step}"


def test_the_site_guide_has_the_table_of_all_keys():
    table = dragoman("check", "--keys").stdout
    assert table in text_of("docs/site-guide.md"), "put what `dragoman check --keys` prints below All keys"
    assert table.count("| `links[].") > 10
