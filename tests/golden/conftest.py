import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))

# Each part runs as soon as the tree has what it speaks about: the code tables, `dragoman translate`.
collect_ignore = []
if "DRAGOMAN_TERMS" not in os.environ and not (ROOT / "mappings" / "terms").exists():
    collect_ignore.append("test_oracle.py")
if not (ROOT / "core" / "app" / "translate.c").exists():
    collect_ignore.append("test_golden.py")
