# Reads the log of a part of ./dev test and prints how many cases passed and failed: cmocka's and pytest's sums, or the
# last line of a part of our own, `N passed, N failed`. A part that names no case counts as one, and a part that failed
# (ok is 0) never counts as if nothing had.
/^\[  PASSED  \] [0-9]+ test\(s\)/ { passed += $4 }
/^\[  FAILED  \] [0-9]+ test\(s\)/ { failed += $4 }
/^[0-9]+ passed, [0-9]+ failed$/ { own = 1; own_passed = $1; own_failed = $3; next }
/^[=0-9].* in [0-9.]+s/ {
    for (i = 2; i <= NF; i++) {
        if ($i ~ /^passed,?$/) passed += $(i - 1)
        if ($i ~ /^(failed|errors?),?$/) failed += $(i - 1)
    }
}
END {
    if (own) { passed = own_passed; failed = own_failed }
    if (ok && passed + failed == 0) passed = 1
    if (!ok && failed == 0) failed = 1
    print passed + 0, failed + 0
}
