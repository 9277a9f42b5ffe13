#!/bin/sh
# A terminal on an emulated board, against the real host: enrolled through its UART, it redeems offline,
# settles, redeems online, is refused its second use, gives a receipt that verifies, and ends with the
# status of its image. `make run BOARD=..`; its longer days are in boards_day.sh and boards_trouble.sh.
#
# Not part of `make test`, as it needs an emulator and a cross compiler: `make boards`.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/boards_lib.sh

"$scrip" pki init "$pki" --host 10.0.2.100 --unknown-time 1 >"$work/setup.log" 2>&1 && host_start &&
    network_up && terminal_start t1
report "$board: boots without an identity" $? "$(cat "$work/setup.log" "$work/t1/log")"
expect "$board: is enrolled through its UART" "enrolled, epoch 1" enroll t1 DEMO.S1.T1
mint
expect "$board: redeems before it has ever met the host" "mode=offline" tool t1 redeem "$code" --total 20
expect "$board: refuses the code a second time" "REFUSED_USED" tool t1 redeem "$code" --total 20
sync_now t1
report "$board: settles over mutual TLS" $? "$(status t1 .; cat "$work/host.log")"
mint
expect "$board: redeems online within the same session" "mode=online" tool t1 redeem "$code" --total 20

tool t1 redeem --total 20 >"$work/scanned" 2>&1 &
asking=$!
sleep 0.5
mint
is_told_by_scanner t1 "$code"
wait "$asking"
expect "$board: asks its own scanner" "Success" cat "$work/scanned"
if [ -s "$work/t1/printer.bin" ]; then
    expect "$board: prints receipts that verify" "genuine" receipt "$(paper t1)" DEMO.S1.T1
else
    within 10 shows t1 SCRB
    expect "$board: shows receipts that verify" "genuine" receipt "$shown" DEMO.S1.T1
fi

sync_now t1
is "$board: the host holds the three redemptions" 3 "$(db "SELECT count(*) FROM redemptions")"
terminal_restart t1
is "$board: ends with the status of its image when it is told to" 0 $?
