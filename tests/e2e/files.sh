#!/bin/sh
# What a terminal finds at its start: keys that are missing, open to others or of another terminal,
# flash that is damaged, another terminal's, in use or of the wrong size. Each has its own sentence,
# and putting back what belongs there brings everything back.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh

keys=$work/t1/keys
flash=$work/t1/journal.flash

shop
mint
redeem t1 "$code" 20.00
sale=$service sale_code=$code sale_reference=$reference
network_cut
mint
redeem t1 "$code" 20.00
is "a redemption that is still unsent" Success "$result"
unsent=$cti
head=$(status t1 .head_seq)
terminal_stop t1
cp -a "$work/t1" "$work/safe"

# A start that must fail, with these words in the log, and change nothing in the flash.
will_not_start() { # what, words
    : >"$work/t1/log"
    cp "$flash" "$work/before.img"
    terminal_run t1
    if within 3 dead "$pid"; then
        wait "$pid"
        [ $? -ne 0 ] && log_has t1 "$2"
        report "$1: it says \"$2\" and ends" $? "$(cat "$work/t1/log")"
    else
        report "$1: it ends" 1 "it runs: $(cat "$work/t1/log")"
        terminal_kill t1
    fi
    cmp -s "$flash" "$work/before.img"
    report "... and the flash is as before" $? "it was changed"
}

# A start that ends in a terminal which answers, but redeems nothing.
out_of_service() { # what, words
    : >"$work/t1/log"
    terminal_start t1
    report "$1: it answers" $? "$(cat "$work/t1/log")"
    log_has t1 "$2"
    report "... says \"$2\"" $? "$(cat "$work/t1/log")"
    login t1
    mint
    redeem t1 "$code" 20.00
    is "... and redeems nothing" Failure "$result"
    terminal_stop t1
}

restore() {
    rm -rf "$keys" "$flash"
    cp -a "$work/safe/keys" "$work/safe/journal.flash" "$work/safe/blobs.flash" "$work/t1/"
}

stands() { # after what
    terminal_start t1 && login t1
    nexo t1 "$(redemption "$sale" "$sale_code" 20.00)"
    read_answer
    is "$1: the sale stands" "Success $sale_reference" "$result $reference"
    is "... with everything after it" "$head" "$(status t1 .head_seq)"
}

chmod 644 "$keys/device.key"
will_not_start "a key file that others can read" "chmod"
restore
chmod 755 "$keys"
will_not_start "a key directory that others can enter" "chmod"
restore
rm "$keys/device.key"
will_not_start "a missing key" "key files are missing"
restore
: >"$keys/device.key"
will_not_start "an empty key file" "damaged"
restore
truncate -s 8192 "$flash"
will_not_start "a flash image of another size" "size"
restore
terminal_start t1
first_pid=$pid
cp -a "$work/t1" "$work/t3"
rm "$work/t3/journal.flash"
ln "$flash" "$work/t3/journal.flash"
terminal_run t3
within 3 dead "$pid"
report "a second process on the same flash ends" $? "it runs"
alive "$first_pid" && status_is t1 '.identity' >/dev/null
report "... and the first goes on" $? "$(tail -n 3 "$work/t1/log")"
terminal_stop t1

# Another terminal's flash, and an older copy of one's own.
terminal_start t2
network_up
enroll t2 DEMO.S1.T2 >>"$work/setup.log" 2>&1
sync_now t2
network_cut
terminal_stop t2
cp "$work/t2/journal.flash" "$flash"
out_of_service "another terminal's flash" FAULT_FOREIGN
restore

stands "with its own back"
mint
redeem t1 "$code" 20.00
head=$(status t1 .head_seq)
terminal_stop t1
rm -rf "$work/safe"
cp -a "$work/t1" "$work/safe"

# Bytes that changed, in each part of the image and in those of the records: what does not
# authenticate is passed over and counted, never believed, and what remains still settles.
size=$(stat -c %s "$flash")
started=0 believed=0 counted=0
for at in 0 1024 1536 2048 2560 3072 $((size / 2)) $((size - 4096)); do
    restore
    head -c 16 /dev/urandom | dd of="$flash" bs=1 seek=$((at + 100)) conv=notrunc status=none
    if terminal_start t1; then
        started=$((started + 1))
        [ "$(status t1 .head_seq)" -le "$head" ] || believed=$((believed + 1))
        counted=$((counted + $(status t1 .damaged)))
        terminal_stop t1
    fi
done
is "with 16 bytes changed anywhere it starts" 8 "$started"
is "... and never believes more than there was" 0 "$believed"
[ "$counted" -gt 0 ]
report "... and counts what is damaged" $? "nothing was counted"
restore
head -c 16 /dev/urandom | dd of="$work/t1/blobs.flash" bs=1 seek=100 conv=notrunc status=none
terminal_start t1
report "with a damaged identity it answers" $? "$(tail -n 5 "$work/t1/log")"
terminal_stop t1
restore
network_up
stands "with the image from before"
sync_now t1
is "everything settles" 0 "$(status t1 .depth)"
is "what was unsent before all this is at the host, once" 1 "$(held "$unsent")"
terminal_stop t1

# A journal so small that it fills ------------------------------------------------------------------

terminal_start t4 --journal-size 131072
enroll t4 DEMO.S1.T4 >>"$work/setup.log" 2>&1
sync_now t4
login t4
network_cut
: >"$work/taken"
offered=0
result=Success
while [ "$result" = Success ] && [ $offered -lt 120 ]; do
    offered=$((offered + 1))
    mint
    redeem t4 "$code" 20.00
    [ "$result" = Success ] && echo "$cti $reference" >>"$work/taken"
done
is "a full journal takes no more: UnreachableHost, try again after a sync" \
    "Failure UnreachableHost" "$result $condition"
is "... the cashier reads why" "Queue full / Call supervisor" "$(shown t4)"
status_is t4 '.states | index("queue_full")' >/dev/null
report "... and the status page says so" $? "$(status t4 .states)"
refused=$cti
reverse t4 "$(tail -n 1 "$work/taken" | cut -d ' ' -f 2)"
is "a reversal is possible all the same" Success "$result"
terminal_kill t4
terminal_start t4 --journal-size 131072
report "it starts again, full as it is" $? "$(tail -n 5 "$work/t4/log")"
login t4
network_up
sync_now t4
is "with the host back everything settles" 0 "$(status t4 .depth)"
mint
redeem t4 "$code" 20.00
is "... and there is room again" Success "$result"
sync_now t4
missing=0
while read -r cti reference; do
    [ "$(db "SELECT count(*) FROM redemptions WHERE cti = '$cti' AND verdict = 'accepted'")" = 1 ] ||
        missing=$((missing + 1))
done <"$work/taken"
is "none of the $(wc -l <"$work/taken") that were approved is missing at the host" 0 "$missing"
is "the refused one is not there" 0 "$(held "$refused")"
