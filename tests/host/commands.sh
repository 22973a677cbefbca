#!/bin/bash
# What the explorer says to wrong input, that a token replays its run, and that Ctrl-C reports. TAP.
# usage: commands.sh EXPLORER
set -um
explorer=$1
n=0 failed=0
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT

result() { # status, what
    n=$((n + 1))
    if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; sed 's/^/  # /' "$dir/out"; failed=$((failed + 1)); fi
}

# Refused with status 2 and one line that has these words.
refused() { # words, arguments...
    local words=$1 status=0
    shift
    "$explorer" "$@" > "$dir/out" 2>&1 || status=$?
    [ $status = 2 ] && [ "$(wc -l < "$dir/out")" = 1 ] && grep -q -- "$words" "$dir/out"
    result $? "refused: $words"
}

build=$("$explorer" --build)
refused "a token has five parts" --replay 'r01_same_empty_pte/2'
refused "a token has five parts" --replay ''
refused "from another build" --replay "r01_same_empty_pte/2//usual/1"
refused "BUILD is a hexadecimal number" --replay "r01_same_empty_pte/2//usual/xyz"
refused "no test has this name" --replay "r99_nothing/2//usual/$build"
refused "needs a number in its range" --replay "r01_same_empty_pte/99//usual/$build"
refused "it is none of usual" --replay "r01_same_empty_pte/2//tomorrow/$build"
refused "STEP:CPU,STEP:CPU" --replay "r01_same_empty_pte/2//list:5/$build"
refused "must grow" --replay "r01_same_empty_pte/2//list:5:1,5:0/$build"
refused "no such strategy" --strategy luck
refused "no test has such a name" 'no_such_test*'
refused "no row of the list" --mutants 'R99'
refused "needs a number in its range" --bound 99
refused "needs a number in its range" --refusals many
refused "no scenario has such a name" --refusals 0 "lib_format*"
refused "no scenario on more than one CPU has such a name" --coverage "lib_format*"
refused "one pattern at most" a b
refused "needs --replay" --trace "$dir/ram"

# A boot word that does not exist: said by the machine that refuses to boot.
"$explorer" --boot nonsense=1 r01_same_empty_pte > "$dir/out" 2>&1
[ $? = 1 ] && grep -q nonsense "$dir/out" && grep -q "did not boot" "$dir/out"
result $? "a wrong boot word is named"

# A failure's token fails in the same way again, to the letter.
"$explorer" --boot "mutant=R43 ptecheck=off" 'r43_released*' > "$dir/first"
token=$(sed -n "s/.*TOKEN='\(.*\)'.*/\1/p" "$dir/first")
"$explorer" --replay "$token" > "$dir/second"
"$explorer" --replay "$token" > "$dir/third"
cp "$dir/second" "$dir/out"
[ -n "$token" ] && grep -q "missing flush" "$dir/second" && cmp -s "$dir/second" "$dir/third" &&
    [ "$(grep verdict "$dir/first")" = "$(grep verdict "$dir/second")" ]
result $? "a token replays its run, twice alike"

# So does a data race's, which names both places.
"$explorer" --boot "races simplant=plain-race" oracle_data_race > "$dir/first"
race=$(sed -n "s/.*TOKEN='\(.*\)'.*/\1/p" "$dir/first")
"$explorer" --replay "$race" > "$dir/second"
cp "$dir/second" "$dir/out"
grep -q 'verdict: data race: .*writes.*write_flag (tests/host/sim_oracles.c:[0-9]*), .*wrote.*(tests/host/sim_oracles.c:' "$dir/first" &&
    [ "$(grep verdict "$dir/first")" = "$(grep verdict "$dir/second")" ]
result $? "a data race is said with both source lines, and its token replays it"

"$explorer" --replay "$token" --repeat 1000 > "$dir/out"
grep -q "replayed 1000 times, each time the same" "$dir/out"
result $? "a token replays its run 1000 times of 1000"

# A schedule of the search, with interrupts as deviations, is one that a list can say.
"$explorer" --boot mutant=R43 --strategy random --no-shorten 'r43_released*' > "$dir/out"
token=$(sed -n "s/.*TOKEN='\(.*\)'.*/\1/p" "$dir/out")
"$explorer" --replay "$token" > "$dir/second"
"$explorer" --replay "$token" --trace "$dir/ram" > "$dir/out"
grep -q "verdict: .*flush" "$dir/out" && cmp -s "$dir/second" "$dir/out" && python3 -m tools.trace "$dir/ram" --at 0 -o "$dir/trace.dat" > "$dir/out" &&
    grep -q "[1-9][0-9]* events of 2 CPUs" "$dir/out"
result $? "a replay leaves a trace, and is the same while it is traced"
python3 -m tools.trace.view "$dir/trace.dat" -o "$dir/trace.html" > "$dir/out" 2>&1 &&
    grep -q "[1-9][0-9]* events" "$dir/out" && grep -q actor "$dir/trace.html"
result $? "the trace of a replay is shown as a page"

# The sanitized program takes the same tokens, and leaves no memory behind.
"$(dirname "$explorer")/host-tests" --replay "$token" > "$dir/out" 2>&1
[ $? = 1 ] && grep -q "verdict: .*flush" "$dir/out" && ! grep -q LeakSanitizer "$dir/out"
result $? "the sanitized program replays it and leaks nothing"

# The search as a table: complete to its bound, with as many schedules as there are (self_test.c compares).
"$explorer" --coverage --bound 1 'lockdep_cross_call' > "$dir/out"
[ $? = 0 ] && grep -q '^| lockdep_cross_call | 2 | 1 | [0-9,]* | [0-9,]* | [1-9][0-9,]* | ' "$dir/out"
result $? "the search over scenarios is a table"

# Ctrl-C: what was covered so far, status 130.
"$explorer" --progress --schedules 1000000 'r05*' > "$dir/out" 2>&1 &
until grep -q "schedules, " "$dir/out" || ! kill -0 $!; do sleep 0.1; done # under way: its progress says so
kill -INT -- -$!
wait $! 2> /dev/null
[ $? = 130 ] && grep -q "schedules, at most" "$dir/out" && grep -q interrupted "$dir/out"
result $? "Ctrl-C reports what was covered"

echo "1..$n"
echo "# $((n - failed)) passed, $failed failed"
exit $((failed != 0))
