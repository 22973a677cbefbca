#!/bin/bash
# The host suite: the machine's and the oracles' self test, the command line, the mutants, data races in a few drawn schedules,
# refused allocations, and then every unit test and a bounded exploration of every scenario under ASan and UBSan. One sum at the end.
# usage: run.sh FOLDER PATTERN [BOOT WORDS]   (FOLDER has host-tests and explorer)
set -u -o pipefail
folder=$1 pattern=$2 words=${3:-}
log=$(mktemp) || exit 2
trap 'rm -f "$log"' EXIT
status=0

part() {
    "$@" | tee -a "$log" || status=1
}

if [ "$pattern" = '*' ]; then
    part "$folder/explorer" --self-test
    part bash tests/host/commands.sh "$folder/explorer"
    part "$folder/explorer" --mutants '*' --schedules 200 --seconds 10
    for protocol in mutex rwsem retry vma seq; do
        part "$folder/explorer" --boot "races faultlock=$protocol" --strategy random --schedules 20 'r*'
    done
    part "$folder/explorer" --boot races --strategy random --schedules 20 's*'
    part "$folder/explorer" --refusals 0 --schedules 60 --boot "$words"
fi
part "$folder/host-tests" --schedules 30 --bound 1 --seconds 4 --boot "$words" "$pattern"
sed -n 's/^#* *\([0-9]*\) passed, \([0-9]*\) failed.*/\1 \2/p' "$log" |
    awk '{ p += $1; f += $2 } END { printf "%d passed, %d failed\n", p, f }'
exit $status
