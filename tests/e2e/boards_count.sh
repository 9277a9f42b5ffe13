#!/bin/sh
# A terminal whose image counts (tests/emulated/counted.c) on an emulated board: redemptions, a
# handshake, a resumed one with everything else done beside its session, and a sale that comes while
# the longest step of a handshake runs. The samples are left in build/$BOARD/samples, and
# tests/emulated/counted-report judges them. Part of `make run BOARD=..`.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/boards_lib.sh

samples=build/$board/samples
rm -f "$samples"
terminal_image=$PWD/build/$board/counted.elf

"$scrip" pki init "$pki" --host 10.0.2.100 --unknown-time 1 >"$work/setup.log" 2>&1 &&
    "$scrip" vault init "$pki" >>"$work/setup.log" 2>&1 && host_start && network_up &&
    terminal_start t1 -plugin "$PWD/build/host/instructions.so,out=$work/emulator" -gdb "$(gdb_at t1)" &&
    enroll t1 DEMO.S1.T1 >>"$work/setup.log" 2>&1 && login t1
report "a terminal that counts is enrolled" $? "$(cat "$work/setup.log" "$work/t1/log")"

approved=0
sell() {
    mint
    redeem t1 "$code" 20.00
    [ "$result" = Success ] && approved=$((approved + 1))
}

sell
sync_now t1
report "it settles" $? "$(status t1 .)"
sell
network_cut
network_up
within 20 connects t1
sync_now t1
report "it settles in a resumed session" $? "$(status t1 .)"
sell

# The longest step of the full handshake above, by the library's number of its state, and where it
# begins to compute.
longest=$(awk '$2 == "step" && $5 > most { most = $5; state = $3 } $2 == "handshake" { print state; exit }' \
    "$work/t1/log")
case $longest in
1) place=psa_generate_key ;;                   # the key share of the ClientHello
2) place=psa_raw_key_agreement ;;              # the ServerHello
3) place=mbedtls_x509_crt_verify_restartable ;; # the host's chain
9) place=mbedtls_pk_verify_ext ;;              # its CertificateVerify
*) place=psa_sign_hash ;;                      # our own
esac

# A host that has restarted knows no ticket. All of a sale is on the line but its end, which comes when
# the processor stops there; the debugger, not the till, asks for the sync.
network_cut
host_stop
host_start && network_up
mint
(held=$work/t1/stopped redeem t1 "$code" 20.00; echo "$result" >"$work/sold") &
selling=$!
sleep 0.4
arming='set variable ((struct agent *)&agent)->sync.forced = 1' stop_at t1 $place 1
stopped t1
report "a handshake stops before its longest step" $? "$place $(cat "$work/t1/gdb.log")"
sleep 0.1
go_on t1
wait "$selling"
is "a sale that comes before it is answered" Success "$(cat "$work/sold")"
[ "$(cat "$work/sold")" = Success ] && approved=$((approved + 1))
sync_now t1
report "and settles" $? "$(status t1 .)"

terminal_restart t1
is "it ends with the status of its image" 0 $?
settled=$(db "SELECT count(*) FROM redemptions WHERE state = 'held'")
{ grep '^sample ' "$work/t1/log"; cat "$work/emulator"; echo "redeemed $approved"; echo "settled $settled"; } >"$samples"
holds "the figures are within their limits" tests/emulated/counted-report "$board" "$samples"
