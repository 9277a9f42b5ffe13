#!/bin/sh
# What goes wrong around terminals on an emulated board: one code at two of them while the host is out
# of reach, a line that is dropped in the middle of a handshake, and a reset and a kill in the middle of
# the writes of a sale. Part of `make run-day BOARD=..`.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/boards_lib.sh

set_up() {
    "$scrip" pki init "$pki" --host 10.0.2.100 --unknown-time 1 && host_start && network_up || return 1
    for n in 1 2; do
        terminal_start t$n -gdb "$(gdb_at t$n)" && enroll t$n DEMO.S1.T$n && login t$n || return 1
    done
    network_cut
}
set_up >"$work/setup.log" 2>&1
report "$board: two terminals are enrolled" $? "$(cat "$work/setup.log" "$work"/t?/log)"

# One code, offline, at both: each terminal's own spent set cannot know. The host takes the first.
mint
for name in t1 t2; do
    redeem $name "$code" 20.00
    is "$board: the code is worth something at $name, offline" Success "$result"
done
network_up
sync_now t1
sync_now t2
is "$board: the host holds it once" 1 "$(held "$cti")"
is "$board: one of the two hears the verdict late" 1 \
    $(($(status t1 .late_refused) + $(status t2 .late_refused)))
is "$board: which is the one that came second" t2 \
    "$(for n in t1 t2; do status $n "select(.states | index(\"late_refusals\")) | \"$n\""; done)"
terminal_stop t2

# 200 bytes of the host's answer are its ServerHello and a part of what follows, also where a ticket has
# made that short.
network_cut
mint
redeem t1 "$code" 20.00
is "$board: a sale goes on without a line" Success "$result"
short_line
within 20 connects t1
within 30 status_is t1 '.host == "FAULT_NET"'
report "$board: a line that is dropped in a handshake is a fault of the network" $? "$(status t1 .; tail -n 5 "$work/t1/log"; cat "$work/cable.log")"
network_up
sync_now t1
report "$board: behind which the terminal connects again" $? "$(status t1 .)"
is "$board: and settles once" 1 "$(held "$cti")"

# A record is being written when the terminal ends, one way or the other. The host is out of reach: one
# that was being asked would make it a sale that gave nothing.
in_a_write() { # how it ends, a command
    network_cut
    within 30 status_is t1 '.states | index("host_unreachable")'
    # The second page of the record where that has some, else its block.
    case $board in lm3s6965evb) stop_at t1 "$(echo "$WRITES" | tail -n 1)" 1 ;; *) stop_at t1 "$WRITES" 2 ;; esac
    mint
    request=$(redemption "w$1" "$code" 20.00)
    printf '%s' "$request" | python3 tests/e2e/line.py "$work/t1/till.sock" 30 &
    selling=$!
    stopped t1
    report "$board: a sale is stopped in its write" $? "$(cat "$work/t1/gdb.log")"
    $2
    end "$selling"
    login t1
    nexo t1 "$request"
    read_answer
    [ "$result" = Success ]
    report "$board: asked again behind a $1, it is approved" $? "$result $detail"
    redeem t1 "$code" 20.00
    case $detail in *REFUSED_USED*) true ;; *) false ;; esac
    report "$board: and worth nothing in another sale" $? "$result $detail"
    network_up
    sync_now t1
    is "$board: and the host holds it once" 1 "$(held "$cti")"
}
reset_it() {
    monitor t1 system_reset
    go_on t1
    within 30 terminal_answers t1
}
kill_it() {
    terminal_kill t1
    terminal_start t1 -gdb "$(gdb_at t1)"
}
in_a_write reset reset_it
in_a_write kill kill_it
terminal_restart t1
is "$board: the terminal ends with the status of its image" 0 $?
