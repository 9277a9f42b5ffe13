#!/bin/sh
# A host that stands still: connections open, and nothing comes. The terminal gives up after a
# bounded time, sales do not wait for it, and in the end everything is settled.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh

shop
: >"$work/sold"
terminal_stop t1
terminal_start t1
login t1
kill -STOP "$host_pid"
"$scrip" sync now --socket "$work/t1/till.sock" >/dev/null
sleep 1
mint
echo "$cti" >>"$work/sold"
asked=$(date +%s)
redeem t1 "$code" 20.00
[ "$result" = Success ] && [ $(($(date +%s) - asked)) -le 2 ]
report "a sale does not wait for a host that stands still" $? "$result after $(($(date +%s) - asked)) s"
within 14 status_is t1 '.host == "FAULT_TIMEOUT"'
report "a host that stands still is FAULT_TIMEOUT" $? "$(status t1 .host)"
mint
echo "$cti" >>"$work/sold"
redeem t1 "$code" 20.00
is "... and a sale goes on" Success "$result"
kill -CONT "$host_pid"

network_up
sync_now t1
is "the honest host is believed again, and everything settles" 0 "$(status t1 .depth)"
all_sold_are_held
