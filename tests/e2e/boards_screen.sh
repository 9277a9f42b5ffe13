#!/bin/sh
# What stands on the display of an emulated board, read off the emulator's picture of it: the receipt's
# code as any reader sees it, the challenge of a sale, and what the buttons do. BOARD names the board.
#
# Part of `make run-day`, for boards with a display.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/boards_lib.sh

# A key is held for as long as a hurried finger does: an idle emulator's clock moves in leaps.
press() { monitor "$name" "sendkey $1 400"; }
shows_code() { shows "$name" "$1"; } # beginning
shows_another() { # beginning
    shows_code "$1" && [ "$shown" != "$first" ]
}
shows_none() {
    shows_code ''
    [ -z "$shown" ]
}
host_was_tried() { status_is "$name" '.host | startswith("FAULT_")'; }
is_genuine() { receipt "$shown" "$name"; } # what the operator reads of the code on the display
lit() { # how many pixels of the display are not dark: the picture is four times as large
    screen "$name" >/dev/null
    tail -c +16 "$work/$name/screen.ppm" | od -An -v -tu1 -w12 | awk '$1 > 0 { n++ } END { print int(n / 4) }'
}

start() { # its name, merchant first. Nobody listens at its host: everything is offline.
    name=$1
    pki=$work/pki-$1
    cable_port=9
    "$scrip" pki init "$pki" --host 10.0.2.100 --merchant "${name%%.*}" --unknown-time 1 >/dev/null
    terminal_start "$name"
    enroll "$name" "$name" >/dev/null
}
mint_for() { "$scrip" token mint --pki "$pki" --text "$@"; } # options..

start DEMO.S1.T1
[ "$(lit)" -gt 100 ]
report "$board: shows its banner" $? "$(lit) pixels; $(cat "$work/$name/log")"

# A terminal without a clock learns the time from the challenge's answer, so receipts have a date.
(tool "$name" challenge --transaction T-77 --total 20 >"$work/asking" 2>&1) &
within 10 shows_code SCCB
report "$board: shows the challenge of a sale" $? "$shown; $(cat "$work/asking")"
is_told_by_scanner "$name" "$(mint_for --challenge "$shown")"
within 10 grep -q result "$work/asking"
expect "$board: which is answered by a scan" "Success" cat "$work/asking"
within 10 shows_code SCRB
expect "$board: and gives way to the sale's receipt" "genuine" is_genuine
first=$shown

tool "$name" redeem "$(mint_for)" --total 30 >"$work/sale"
within 10 shows_another SCRB
expect "$board: shows the next sale's receipt" "genuine" is_genuine
expect "$board: which is of that sale" "30.00 EUR" is_genuine
press ctrl
within 10 shows_none
report "$board: confirm takes it away" $? "$shown"

(tool "$name" challenge --transaction T-78 --total 20 >"$work/cancelled" 2>&1) &
within 10 shows_code SCCB
report "$board: shows another challenge" $? "$shown; $(cat "$work/cancelled")"
press left
within 10 grep -q result "$work/cancelled"
expect "$board: cancel ends its sale" "Aborted" cat "$work/cancelled"
within 10 shows_none
report "$board: and takes the code away" $? "$shown"
expect "$board: the next sale is open to any code" "Success" \
    tool "$name" redeem "$(mint_for)" --total 20
! host_was_tried
report "$board: the host was not tried yet" $? "$(status "$name" .)"
press up
within 10 host_was_tried
report "$board: a supervisor has the host tried at once" $? "$(status "$name" .)"
! test -s "$work/$name/printer.bin"
report "$board: nothing was printed that fits there" $? "$(head -c 200 "$work/$name/printer.bin")"

press left
within 10 test -s "$work/$name/printer.bin"
within 10 shows_none
shown=$(paper "$name")
expect "$board: who cannot read it there has it on paper" "genuine" is_genuine

terminal_stop "$name"
start MERCHANT1234.STORE1234567.TERMINAL1234
tool "$name" redeem "$(mint_for --aud MERCHANT1234.STORE1234567)" \
    --total 9999999.99 >"$work/sale"
within 10 shows_code SCRB
expect "$board: the receipt of the longest name fits" "9999999.99 EUR" is_genuine
