import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

# The comparison with the program runs as soon as the tree has `dragoman translate`; the oracle runs always.
collect_ignore = [] if (HERE.parent.parent / "core" / "app" / "translate.c").exists() else ["test_golden.py"]
