#!/bin/sh
# A terminal on an emulated board, against the real host: enrolled through its UART, it redeems
# offline, settles, redeems online, is refused its second use, prints a receipt that verifies (where it
# has a printer), and has lost nothing behind a kill and a reset. BOARD names the board, BOARD_DIR where its emulate is.
#
# Not part of `make test`, as it needs an emulator and a cross compiler: `make boards`.
set -u
cd "$(dirname "$0")/../.." || exit
board=${BOARD:?set by make} dir=${BOARD_DIR:?set by make} machine=${BOARD_MACHINE:?set by make}
image=build/$board/terminal.elf programs=build/linux
work=$(mktemp -d)
host='' terminal=''
trap 'for p in $terminal $host; do kill "$p" 2>/dev/null; done; wait; rm -rf "$work"' EXIT
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

start_host() {
    rm -f "$work/port"
    "$programs/scrip-host" --pki "$1" --db "$work/host.db" --listen 127.0.0.1:"${2:-0}" \
        --port-file "$work/port" 2>>"$work/host.log" &
    host=$!
    wait_for test -s "$work/port"
    port=$(cat "$work/port")
    port=${port##*:}
}

stop() { # process
    kill -TERM "$1" 2>/dev/null
    wait "$1" 2>/dev/null
}

wait_for() { # command..: at most 15 s
    for _ in $(seq 150); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.1
    done
    return 1
}

start_terminal() { # qemu options..
    "$dir/emulate" "$machine" "$image" "$work" "$port" "$@" >>"$work/terminal.log" 2>&1 &
    terminal=$!
    wait_for scrip status
}

scrip() { # command words.. : the command line on this terminal's UART
    "$programs/scrip" "$@" --socket "line:$work/till.sock" --timeout-s 10
}
enroll() {
    "$programs/scrip" terminal enroll --pki "$work/pki" --terminal "DEMO.S1.T1" \
        --socket "line:$work/till.sock" --port 4433
}
mint() {
    "$programs/scrip" token mint --pki "$work/pki" --text
}
field() { # name in the status page
    scrip status | tr ',{' '\n\n' | sed -n "s/^\"$1\"://p" | tr -d '"'
}
field_is() { # name, value
    [ "$(field "$1")" = "$2" ]
}
rows() { # query on the host's database
    sqlite3 "$work/host.db" "$1"
}

"$programs/scrip" pki init "$work/pki" --host 10.0.2.100 --unknown-time 1 >/dev/null
start_host "$work/pki"

start_terminal
report "boots without an identity" $? "$(cat "$work/terminal.log")"
expect "is enrolled through its UART" "enrolled, epoch 1" enroll
code=$(mint)
expect "redeems before it has ever met the host" "mode=offline" scrip redeem "$code" --total 20
expect "refuses the code a second time" "REFUSED_USED" scrip redeem "$code" --total 20
expect "is told to settle" '"OK"' scrip sync now
wait_for field_is acked_seq 1
report "settles over mutual TLS" $? "$(scrip status; cat "$work/host.log")"
expect "redeems online within the same session" "mode=online" scrip redeem "$(mint)" --total 20
(scrip redeem --total 20 >"$work/scanned" 2>&1) &
asking=$!
sleep 0.5
(mint; sleep 1) | socat -u - "UNIX-CONNECT:$work/scanner.sock"
wait "$asking"
expect "asks its own scanner" "Success" cat "$work/scanned"

"$programs/scrip" token mint --pki "$work/pki" --text --ttl 1 --iat -600 >"$work/expired"
expect "refuses what has expired, by the host's time" "REFUSED_EXPIRED" \
    scrip redeem "$(cat "$work/expired")" --total 20

scrip sync now >/dev/null
wait_for field_is depth 0
report "settles everything" $? "$(scrip status)"
settled=$(rows 'SELECT count(*) FROM redemptions')
[ "$settled" = 3 ]
report "the host holds the three redemptions" $? "$settled"

# Objects longer than any buffer of this terminal: through sync into the slot, and verified there.
"$programs/scrip" pki revoke "$work/pki" --index 9 --entries 38400 >/dev/null
"$programs/scrip" pki operators "$work/pki" --add 7 --may reverse --without-badge >/dev/null
scrip sync now >/dev/null
wait_for field_is lists_seq 1 && wait_for field_is operators_seq 1
report "takes a status list of 4,800 bytes, and the operators" $? "$(scrip status; cat "$work/host.log")"
coupon=$("$programs/scrip" token mint --pki "$work/pki" --text --ttl 86400 --status 1,9)
expect "refuses a coupon that the list revokes" "REFUSED_REVOKED" scrip redeem "$coupon" --total 20
expect "and a reversal by who is no operator" "REFUSED_OPERATOR" \
    scrip reverse DEMO.S1.T1-1-1 --operator 3

stop "$host"
host=
offline=$(mint)
expect "redeems without the host" "Success" scrip redeem "$offline" --total 20
kill -KILL "$terminal"
wait "$terminal" 2>/dev/null
start_terminal
report "restarts behind a kill" $? "$(cat "$work/terminal.log")"
expect "still knows the code" "REFUSED_USED" scrip redeem "$offline" --total 20
(printf 'system_reset\n'; sleep 1) | socat - "UNIX-CONNECT:$work/monitor.sock" >/dev/null
wait_for scrip status
expect "and behind a reset" "REFUSED_USED" scrip redeem "$offline" --total 20
[ "$(field depth)" -ge 1 ]
report "and owes it to the host" $? "$(scrip status)"

"$programs/scrip" pki init "$work/foreign" --host 10.0.2.100 >/dev/null
start_host "$work/foreign" "$port"
scrip sync now >/dev/null
wait_for field_is host FAULT_TLS
report "refuses a host of another back office" $? "$(scrip status)"
stop "$host"
start_host "$work/pki" "$port"
scrip sync now >/dev/null
wait_for field_is depth 0
report "settles what was redeemed before the kill" $? "$(scrip status)"
settled=$(rows 'SELECT count(*) FROM redemptions')
[ "$settled" = 4 ]
report "the host holds each redemption once" $? "$settled"

# What a display shows is not printed: boards_screen.sh reads it there.
if [ -s "$work/printer.bin" ]; then
    receipt=$(tr '\035\033' '\n\n' <"$work/printer.bin" | tr -d '\000' | grep -a -o 'HTTPS://.*' | tail -n 1)
    expect "prints receipts that verify" "genuine" \
        "$programs/scrip" receipt verify "$receipt" --pki "$work/pki" --terminal DEMO.S1.T1
fi
expect "ends when it is told to" '"OK"' sh -c "(printf '/restart\n'; sleep 1) | socat - UNIX-CONNECT:$work/till.sock"
wait "$terminal"
ended=$?
terminal=
[ "$ended" = 0 ]
report "with the status of its image" $? "$ended: $(cat "$work/terminal.log")"
