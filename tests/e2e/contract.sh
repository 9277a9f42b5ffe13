#!/bin/sh
# What terminal and host say to each other, through a relay that holds the keys of both, is held
# against the published contract: asks, batches, refusals, a host that lost its database.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh

# The relay opens a connection of its own for each message: the till gives it time.
shop --online-timeout-ms 8000
fake_host relay
sync_now t1
mint
redeem t1 "$code" 20.00
is "through an honest relay the host decides at the till" "Success online" \
    "$result $(printf '%s' "$detail" | sed 's/.*mode=\([a-z]*\).*/\1/')"
network_cut
mint
redeem t1 "$code" 20.00
network_up "$(cat "$work/fake.port")"
sync_now t1
host_stop
mv "$database" "$work/later.db"
host_start # with nothing in its database: it knows less than the terminal
mint
redeem t1 "$code" 20.00
sync_now t1
is "a host that lost its database learns where the terminal is" 0 "$(status t1 .depth)"
holds "every message and record is as the contract says" \
    tests/e2e/validate "$work/wire-relay" "$database"
end "$fake_pid"
network_up
