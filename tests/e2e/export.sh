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
stat() { "$scrip" journal stat "$@" --keystore "$work/t1/keys" >"$work/said" 2>&1; }
said() { # what, words
    grep -q -- "$2" "$work/said"
    report "$1" $? "$(cat "$work/said")"
}
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

head=$(status t1 .head_seq) # a first code may have waited for the host: an outcome more
holds "journal stat sums the journal up while the terminal runs" stat "$work/t1/journal.flash"
said "... each record by its type" "^entries  *$head records (redeem $CODES[,)]"
said "... what is unsent" "^numbers  *1 to $head, 0 missing; acknowledged up to 0; $head unsent"
said "... no sector that may be reclaimed, all on the first lap" "(0 of them reclaimable)"
said "... worn alike" "^wear .* laps 1 to 1$"
is "... each code spent, in a checkpoint or since" $CODES \
    "$(awk '$1 == "spent" && $2 > 0 { print $2 + $(NF - 2) }' "$work/said")"
said "... what the host will say" "^the host: it has yet to hear of 1 to $head"
cp "$work/t1/journal.flash" "$work/damaged"
# A page whose second byte is a record's type begins with one.
page=$(od -An -v -w256 -t x1 "$work/damaged" | awk '$2 == "01" { print 256 * (NR - 1); exit }')
printf '\0\0\0\0' | dd of="$work/damaged" bs=1 seek=$((page + 64)) conv=notrunc status=none
stat "$work/damaged" "$work/t1/journal.flash"
is "of two images, one with a changed byte, it reports that" 1 $?
said "... which number is missing" "numbers .* 1 missing"
said "... and the whole one as before" "numbers .* 0 missing"
said "... and that the host will hold it for lost" "stores as lost"

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
holds "journal stat says so too" stat "$work/t1/journal.flash"
said "... all acknowledged" "acknowledged up to $((head + 1)); 0 unsent"
said "... and its sectors may be reclaimed, but the one in use" "(1[0-9] of them reclaimable)"
said "... the host has everything" "^the host: it has acknowledged everything"
holds "then there is nothing to export" export_journal "$work/later"
is "and no file" 0 "$(ls "$work/later" 2>/dev/null | wc -l)"

for file in "$pki"/terminals/*; do mv "$file" "$work/"; done
refused "a terminal off the list settles nothing by file either" "$work/export" "not on the list"
