#!/bin/sh
# A longer day of a terminal on an emulated board: codes that have expired, objects longer than any of
# its buffers, no host, a kill, a reset, and the host of another back office. What was redeemed is never
# lost, and settled once. `make run-day BOARD=..`, and so part of `make boards`.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/boards_lib.sh

sell() { # options of the code..
    mint "$@"
    tool t1 redeem "$code" --total 20
}
"$scrip" pki init "$pki" --host 10.0.2.100 --unknown-time 1 >"$work/setup.log" 2>&1 && host_start &&
    network_up && terminal_start t1 && enroll t1 DEMO.S1.T1 >>"$work/setup.log" 2>&1 && sync_now t1
report "$board: a terminal is enrolled and has met its host" $? "$(cat "$work/setup.log" "$work/t1/log")"

expect "$board: redeems" "Success" sell
expect "$board: refuses what has expired, by the host's time" "REFUSED_EXPIRED" sell --ttl 1 --iat -600

# Through sync into the slot, and verified there.
"$scrip" pki revoke "$pki" --index 9 --entries 38400 >/dev/null
"$scrip" pki operators "$pki" --add 7 --may reverse --without-badge >/dev/null
sync_now t1
within 15 status_is t1 '.lists_seq == 1 and .operators_seq == 1'
report "$board: takes a status list of 4,800 bytes, and the operators" $? "$(status t1 .; cat "$work/host.log")"
expect "$board: refuses a coupon that the list revokes" "REFUSED_REVOKED" sell --ttl 86400 --status 1,9
expect "$board: and a reversal by who is no operator" "REFUSED_OPERATOR" \
    tool t1 reverse DEMO.S1.T1-1-1 --operator 3

host_stop
mint
expect "$board: redeems without the host" "Success" tool t1 redeem "$code" --total 20
terminal_kill t1
terminal_start t1
report "$board: restarts behind a kill" $? "$(cat "$work/t1/log")"
expect "$board: still knows the code" "REFUSED_USED" tool t1 redeem "$code" --total 20
boot=$(status t1 .boot)
monitor t1 system_reset
within 30 status_is t1 ".boot > $boot"
report "$board: starts anew behind a reset" $? "$boot, $(status t1 .)"
expect "$board: and behind a reset" "REFUSED_USED" tool t1 redeem "$code" --total 20
holds "$board: and owes it to the host" status_is t1 '.depth >= 1'

own=$pki pki=$work/foreign
"$scrip" pki init "$pki" --host 10.0.2.100 >/dev/null
host_start
tool t1 sync now >/dev/null
within 15 status_is t1 '.host == "FAULT_TLS"'
report "$board: refuses a host of another back office" $? "$(status t1 .)"
host_stop
pki=$own
host_start
sync_now t1
report "$board: settles what was redeemed before the kill" $? "$(status t1 .)"
is "$board: the host holds it once" 1 "$(held "$cti")"
