#!/bin/sh
# What stands on the display of an emulated board, read off the emulator's picture of it: the receipt's
# code as any reader sees it, the challenge of a sale, and what the buttons do. BOARD names the board.
#
# Part of `make run`, for boards with a display.
set -u
cd "$(dirname "$0")/../.." || exit
board=${BOARD:?set by make} dir=${BOARD_DIR:?set by make} machine=${BOARD_MACHINE:?set by make}
programs=build/linux
work=$(mktemp -d)
terminal=
trap '[ -z "$terminal" ] || { kill "$terminal"; wait; } 2>/dev/null; rm -rf "$work"' EXIT
number=0

report() { # what, whether it is good (0), detail
    number=$((number + 1))
    if [ "$2" = 0 ]; then echo "ok $number - $board: $1"; else
        echo "not ok $number - $board: $1"
        printf '%s\n' "$3" | sed 's/^/    /'
    fi
}

# what, words that the output must hold, command..
expect() {
    what=$1 words=$2
    shift 2
    out=$("$@" 2>&1)
    case $out in *"$words"*) found=0 ;; *) found=1 ;; esac
    report "$what" $found "wanted '$words': $out"
}

wait_for() { # command..: at most 10 s
    for _ in $(seq 100); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.1
    done
    return 1
}

scrip() { # command words.. : the command line on this terminal's UART
    "$programs/scrip" "$@" --socket "line:$state/till.sock" --timeout-s 10
}

monitor() { # command of the emulator's monitor
    printf '%s\n' "$1" | socat -t 0.3 - "UNIX-CONNECT:$state/monitor.sock" >/dev/null
}

# A key is held for as long as a hurried finger does: an idle emulator's clock moves in leaps.
press() { # key
    monitor "sendkey $1 400"
}

# The text of the code on the display, if there is one.
read_screen() {
    rm -f "$work/screen.ppm"
    monitor "screendump $work/screen.ppm"
    wait_for test -s "$work/screen.ppm"
    zbarimg --quiet --raw -Sdisable -Sqrcode.enable "$work/screen.ppm" 2>/dev/null
}
# A code with this beginning comes within the time.
shows() { # beginning
    code=$(read_screen)
    case $code in "$1"*) return 0 ;; *) return 1 ;; esac
}
shows_another() { # beginning
    shows "$1" && [ "$code" != "$first" ]
}
shows_none() {
    shows ''
    [ -z "$code" ]
}
host_was_tried() { scrip status | grep -q '"host":"FAULT_'; }
receipt() { # what the operator reads of the code on the display
    "$programs/scrip" receipt verify "$code" --pki "$state/pki" --terminal "$name"
}
lit() { # how many pixels of the display are not dark: the picture is four times as large
    read_screen >/dev/null
    tail -c +16 "$work/screen.ppm" | od -An -v -tu1 -w12 | awk '$1 > 0 { n++ } END { print int(n / 4) }'
}

start_terminal() { # its name, merchant first. Nobody listens at its host: everything is offline.
    name=$1 state=$work/$1
    mkdir "$state"
    "$programs/scrip" pki init "$state/pki" --host 10.0.2.100 --merchant "${name%%.*}" --unknown-time 1 >/dev/null
    "$dir/emulate" "$machine" "build/$board/terminal.elf" "$state" 9 >>"$state/log" 2>&1 &
    terminal=$!
    wait_for scrip status
    sleep 0.3 # an event follows the first answer, and the next caller must not read the rest of it
    "$programs/scrip" terminal enroll --pki "$state/pki" --terminal "$name" --port 4433 \
        --socket "line:$state/till.sock" >/dev/null
}

start_terminal DEMO.S1.T1
[ "$(lit)" -gt 100 ]
report "shows its banner" $? "$(lit) pixels; $(cat "$state/log")"

# A terminal without a clock learns the time from the challenge's answer, so receipts have a date.
(scrip challenge --transaction T-77 --total 20 >"$work/asking" 2>&1) &
wait_for shows SCCB
report "shows the challenge of a sale" $? "$code; $(cat "$work/asking")"
("$programs/scrip" token mint --pki "$state/pki" --text --challenge "$code"; sleep 1) |
    socat -u - "UNIX-CONNECT:$state/scanner.sock"
wait_for grep -q result "$work/asking"
expect "which is answered by a scan" "Success" cat "$work/asking"
wait_for shows SCRB
expect "and gives way to the sale's receipt" "genuine" receipt
first=$code

scrip redeem "$("$programs/scrip" token mint --pki "$state/pki" --text)" --total 30 >"$work/sale"
wait_for shows_another SCRB
expect "shows the next sale's receipt" "genuine" receipt
expect "which is of that sale" "30.00 EUR" receipt
press ctrl
wait_for shows_none
report "confirm takes it away" $? "$code"

(scrip challenge --transaction T-78 --total 20 >"$work/cancelled" 2>&1) &
wait_for shows SCCB
report "shows another challenge" $? "$code; $(cat "$work/cancelled")"
press left
wait_for grep -q result "$work/cancelled"
expect "cancel ends its sale" "Aborted" cat "$work/cancelled"
wait_for shows_none
report "and takes the code away" $? "$code"
expect "the next sale is open to any code" "Success" \
    scrip redeem "$("$programs/scrip" token mint --pki "$state/pki" --text)" --total 20
! host_was_tried
report "the host was not tried yet" $? "$(scrip status)"
press up
wait_for host_was_tried
report "a supervisor has the host tried at once" $? "$(scrip status)"
! test -s "$state/printer.bin"
report "nothing was printed that fits there" $? "$(head -c 200 "$state/printer.bin")"

press left
wait_for test -s "$state/printer.bin"
wait_for shows_none
code=$(tr '\035\033' '\n\n' <"$state/printer.bin" | tr -d '\000' | grep -a -o 'HTTPS://.*' | tail -n 1)
expect "who cannot read it there has it on paper" "genuine" receipt

kill "$terminal"
wait "$terminal" 2>/dev/null
start_terminal MERCHANT1234.STORE1234567.TERMINAL1234
scrip redeem "$("$programs/scrip" token mint --pki "$state/pki" --text --aud MERCHANT1234.STORE1234567)" \
    --total 9999999.99 >"$work/sale"
wait_for shows SCRB
expect "the receipt of the longest name fits" "9999999.99 EUR" receipt
