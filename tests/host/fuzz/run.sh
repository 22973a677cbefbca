#!/bin/bash
# Builds and runs the fuzz harnesses, one TAP line each. Where clang has no run-time for libFuzzer it says so and skips.
# usage: run.sh BUILD_DIR PATTERN LIBFUZZER_ARGUMENT...
set -u
build=$1 pattern=$2
shift 2
number=0 passed=0 failed=0 skipped=0

wanted=()
for name in range frames kvalloc slab allocators; do
    # shellcheck disable=SC2053 # a pattern is meant
    [[ $name == $pattern ]] && wanted+=("$name")
done
if [ ${#wanted[@]} = 0 ]; then
    echo "fuzz: FUZZ=$pattern matches no harness (range, frames, kvalloc, slab, allocators)." >&2
    exit 2
fi
if ! make --no-print-directory fuzzers >"$build/fuzzers.log" 2>&1; then
    if grep -qE 'cannot find .*(fuzzer|stdc)|libclang_rt.fuzzer' "$build/fuzzers.log"; then
        echo "ok 1 - fuzz # SKIP clang has no libFuzzer for 32-bit programs here (package libclang-rt-dev of its version)"
        echo "0 passed, 0 failed, 1 skipped"
        exit 0
    fi
    tail -n 20 "$build/fuzzers.log"
    echo "0 passed, 1 failed"
    exit 1
fi
for name in "${wanted[@]}"; do
    number=$((number + 1))
    mkdir -p "$build/host/corpus/$name"
    log=$build/host/fuzz-$name.log
    if "$build/host/fuzz-$name" -max_len=4096 -artifact_prefix="$build/host/" "$@" "$build/host/corpus/$name" >"$log" 2>&1; then
        passed=$((passed + 1))
        echo "ok $number - fuzz_$name: $(sed -n 's/^Done \(.*\)/\1/p' "$log"); $(grep -o 'cov: [0-9]*' "$log" | tail -n 1)"
    else
        failed=$((failed + 1))
        grep -m 3 -E 'ERROR|assert|panic|runtime error|Test unit written' "$log" | sed 's/^/  # /'
        echo "not ok $number - fuzz_$name: $log"
    fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
