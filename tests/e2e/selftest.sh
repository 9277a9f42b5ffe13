#!/bin/sh
# The selftest of the linux board: it passes, behind cuts too, leaves a terminal alone, and every line
# that it prints is explained. The faults that it must name: make selftest-faults.
. tests/e2e/lib.sh

BOARD=linux BOARD_DIR=boards/linux CUTS=1 tests/selftest/run "$B/selftest" >"$work/out" 2>&1
report "a board that keeps its contracts passes" $? "$(cat "$work/out")"
holds "... and the last line counts them" grep -q '^selftest: linux contracts=3[0-9] failed=0$' "$work/out"
holds "... tears among them" grep -q '^selftest: flash.tear ok$' "$work/out"
holds "... and the keystore's" grep -q '^selftest: keystore.tear ok$' "$work/out"

# "keystore.write, .replace" names two.
sed -n '/^| line/,/^$/s/^| \([a-z._, ]*\) |.*/\1/p' hal/PORTING.md | awk -F, '{
    split($1, first, "."); print $1
    for (i = 2; i <= NF; i++) { sub(/^ */, "", $i); print substr($i, 1, 1) == "." ? first[1] $i : $i } }' |
    grep -v '^line$' | sort -u >"$work/explained"
sed -n 's/^selftest: \([a-z._]*\) \(ok\|absent: .*\|FAILED: .*\)$/\1/p' "$work/out" | sort -u >"$work/printed"
is "every contract is explained in hal/PORTING.md" "" "$(diff "$work/printed" "$work/explained")"

mkdir -m 700 "$work/t1"
terminal_start t1
terminal_stop t1
before=$(cat "$work/t1/journal.flash" "$work/t1/blobs.flash" "$work/t1/keys/"* | sha256sum)
"$B/selftest" --state "$work/t1" >"$work/refused" 2>&1
is "a terminal with keys is refused" 1 $?
holds "... by that name" grep -q 'selftest: refused: this board is a terminal' "$work/refused"
is "... and nothing of it is touched" "$before" \
    "$(cat "$work/t1/journal.flash" "$work/t1/blobs.flash" "$work/t1/keys/"* | sha256sum)"

"$B/selftest" --state "$work/t2" >"$work/second" 2>&1
report "without a peer the network is absent, and the rest passes" $? "$(cat "$work/second")"
holds "... as it says" grep -q 'selftest: net.echo absent' "$work/second"
terminal_run t2 --no-network
within 5 dead "$pid"
report "an agent does not start on what a selftest has left" $? "$(cat "$work/t2/log")"
holds "... and says why" grep -q 'key files' "$work/t2/log"
