#!/bin/sh
# A store without a line for days: what its terminal has not settled goes to the host as a signed
# file. The host settles it once, however often the file comes and whatever the terminal sends later;
# a changed file, a file of a stranger and one of a revoked terminal settle nothing.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh

CODES=70 # more than one batch

export_journal() { "$scrip" journal export "$work/t1/journal.flash" "$1" --keystore "$work/t1/keys" --terminal DEMO.S1.T1; }
import() { "$B/scrip-host" --pki "$pki" --db "$database" --import "$1" >"$work/said" 2>&1; }
records() { db "SELECT count(*) FROM redemptions WHERE state = 'held'"; }
refused() { # what, file, words
    import "$2"
    is "$1" "1 1" "$? $(grep -c "$3" "$work/said")"
}

shop
network_cut
i=0
: >"$work/at-till"
while [ $i -lt $CODES ]; do
    i=$((i + 1))
    mint
    redeem t1 "$code" 20.00
    [ "$result" = Success ] && echo "$cti" >>"$work/at-till"
done
is "sales go on without a line" $CODES "$(wc -l <"$work/at-till")"
is "and nothing reaches the host" 0 "$(records)"

holds "what is not settled is exported while the terminal runs" export_journal "$work/export"
is "in two batches" 2 "$(wc -l <"$work/export")"
sed '1s/"rec":"\(.\)\(.\)/"rec":"\2\1/' "$work/export" >"$work/changed"
refused "a changed record is refused" "$work/changed" "line 1"
head -c 5000 "$work/export" >"$work/short"
refused "half a file is refused" "$work/short" "cut short"
refused "a file that is not there is refused" "$work/none" "cannot be read"
is "and nothing was settled" 0 "$(records)"

holds "the host imports it" import "$work/export"
db "SELECT cti FROM redemptions WHERE state = 'held'" | sort >"$work/at-host"
is "each code is there once, and no other" "" "$(sort "$work/at-till" | diff - "$work/at-host")"
holds "a second time it says the same" import "$work/export"
is "and changes nothing" $CODES "$(records)"

network_up
mint
redeem t1 "$code" 20.00
sync_now t1
is "the terminal settles as ever when its line is back" 0 "$(status t1 .depth)"
is "with what came meanwhile, and nothing twice" $((CODES + 1)) "$(records)"
holds "then there is nothing to export" export_journal "$work/later"
is "and no file" 0 "$(ls "$work/later" 2>/dev/null | wc -l)"

for file in "$pki"/terminals/*; do mv "$file" "$work/"; done
refused "a terminal off the list settles nothing by file either" "$work/export" "not on the list"
