#!/bin/sh
# Everything that has to pass, part by part, each with a log in .dev/log/, and at the end the sum over all cases.
# `./dev test` starts it, after it has set up what is missing.
set -u

# A part that hangs is a part that fails: the whole has to end within half an hour on two cores.
part_limit_s=1200
passed=0
failed=0
log=

# Adds what the log says to the sums.
count() {
    counts=$(awk -v ok="$1" -f tests/count.awk "$log")
    passed=$((passed + ${counts% *}))
    failed=$((failed + ${counts#* }))
}

# part NAME COMMAND…
part() {
    name=$1
    shift
    log=.dev/log/$name.txt
    begun=$(date +%s)
    if timeout "$part_limit_s" "$@" >"$log" 2>&1 </dev/null; then verdict=1; else verdict=0; fi
    count "$verdict"
    if [ "$verdict" -eq 1 ]; then word=ok; else word=FAILED; fi
    printf '%-8s%-12s%4d s   %s passed, %s failed\n' "$word" "$name" $(($(date +%s) - begun)) \
        "${counts% *}" "${counts#* }"
    [ "$verdict" -eq 1 ] || {
        grep -nE '^\[  (FAILED|ERROR)|error:|^FAILED|^ERROR|AddressSanitizer|runtime error' "$log" | head -30
        printf '        --- the end of %s:\n' "$log"
        tail -30 "$log"
    }
}

mkdir -p .dev/log
part build ./dev build
part unit ./dev unit
part tidy ./dev tidy --deep
part gcc ./dev build -Dcompiler=gcc --prefix .dev/gcc install test-programs bench-programs
part asan ./dev asan
part fuzz ./dev build fuzz
[ -z "$(find tests -name 'test_*.py' | head -1)" ] || part pytest ./dev e2e
part ward24 ./dev ward24 --minutes 30
for script in tests/*/run; do
    [ -f "$script" ] && grep -q '^# part of: test$' "$script" || continue
    step=$(basename "$(dirname "$script")")
    part "$step" ./dev "$step"
done

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
