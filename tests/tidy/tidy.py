"""`./dev tidy`: every rule of the house that a program can check. Prints each finding as `file:line: what (mend)`."""

import sys
from pathlib import Path

import deep
import rules
from tree import Tree

HERE = Path(__file__).resolve().parent


def main(arguments):
    tree = Tree(HERE.parent.parent)
    rooms = rules.read_rooms((HERE / "rooms.txt").read_text(encoding="utf-8"))
    if "--graph" in arguments:
        print("\n".join(rules.include_graph(tree)))
        return 0
    checks = [
        ("who includes whom", lambda: rules.who_includes_whom(tree, rooms)),
        ("the drawn graph is true", lambda: rules.the_drawn_graph_is_true(tree)),
        ("adapters see only the ABI", lambda: rules.adapters_see_only_the_abi(tree)),
        ("public headers stand alone", lambda: rules.public_headers_stand_alone(tree)),
        ("calls stay in their room", lambda: rules.calls_stay_in_their_room(tree)),
        ("the core names no adapter", lambda: rules.the_core_names_no_adapter(tree)),
        ("lengths", lambda: rules.lengths(tree)),
        ("headers explain their functions", lambda: rules.headers_explain_their_functions(tree)),
        ("nothing is dead", lambda: rules.nothing_is_dead(tree)),
        ("no banned word", lambda: rules.no_banned_words(tree)),
        ("format", lambda: rules.format_is_kept(tree)),
    ]
    if "--deep" in arguments:
        checks.append(("clang-tidy", lambda: deep.clang_tidy(tree)))
        checks.append(("cppcheck", lambda: deep.cppcheck(tree)))
    failed = 0
    for name, check in checks:
        findings = sorted(set(check()))
        for finding in findings:
            print(f"{finding.path}:{finding.line}: {finding.what} ({finding.mend})")
        print(f"{'FAILED' if findings else 'ok':8}{name}")
        failed += bool(findings)
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
