# shellcheck shell=sh disable=SC2034,SC2154 # variables are for who reads this in, or from lib.sh
# What the tests of emulated boards share: tests/e2e/lib.sh, with terminals that are images under the
# emulator and are spoken to over a serial line.
#
# BOARD names the board, BOARD_DIR where its emulate is, BOARD_MACHINE the emulator's machine. A terminal
# NAME keeps its storage in $work/NAME, and what the emulator says in $work/NAME/log.
board=${BOARD:?set by make} dir=${BOARD_DIR:?set by make} machine=${BOARD_MACHINE:?set by make}
image=$PWD/build/$board/terminal.elf
B=build/linux
held=
. tests/e2e/lib.sh

# The host is 10.0.2.100 for every terminal; the cable, and so the line, is between it and them.
terminal_run() { # name, options of the emulator..
    name=$1
    shift
    mkdir -m 700 -p "$work/$name"
    rm -f "$work/$name/till.sock" "$work/$name/monitor.sock"
    "$dir/emulate" "$machine" "${terminal_image:-$image}" "$work/$name" "$cable_port" "$@" \
        >>"$work/$name/log" 2>&1 &
    pid=$!
    echo "$pid" >"$work/$name/pid"
    track "$pid"
}

terminal_start() { # name, options of the emulator..
    terminal_run "$@"
    within 30 terminal_answers "$name" && alive "$pid"
}

say() { # name, line, seconds: the line that answers
    printf '%s\n' "$2" | python3 tests/e2e/line.py "$work/$1/till.sock" "${3:-10}"
}

terminal_answers() { say "$1" /status 2; }

# $held is a file without which the message's end is kept back, or nothing.
nexo() { # name, message: $answer is the answer, or empty
    answer=$(printf '%s' "$2" | tr '\n' ' ' |
        python3 tests/e2e/line.py "$work/$1/till.sock" 20 ${held:+"$held"})
}

tool() { # name, words.. : the command line on this terminal's line
    tool_name=$1
    shift
    "$scrip" "$@" --socket "line:$work/$tool_name/till.sock" --timeout-s 10
}

expect() { # what, words that the output must hold, command..
    what=$1 words=$2
    shift 2
    said=$("$@" 2>&1)
    case $said in *"$words"*) true ;; *) false ;; esac
    report "$what" $? "wanted '$words': $said"
}

is_told_by_scanner() { # name, code
    (printf '%s\n' "$2"; sleep 1) | socat -u - "UNIX-CONNECT:$work/$1/scanner.sock"
}

# The receipt's text on the paper that a terminal has printed last, and in the code on its display.
paper() { # name
    tr '\035\033' '\n\n' <"$work/$1/printer.bin" | tr -d '\000' | grep -a -o 'HTTPS://.*' | tail -n 1
}
screen() { # name
    rm -f "$work/$1/screen.ppm"
    monitor "$1" "screendump $work/$1/screen.ppm"
    within 5 test -s "$work/$1/screen.ppm"
    zbarimg --quiet --raw -Sdisable -Sqrcode.enable "$work/$1/screen.ppm" 2>/dev/null
}
shows() { # name, beginning: a code on the display begins so; it is $shown
    shown=$(screen "$1")
    case $shown in "$2"*) true ;; *) false ;; esac
}
receipt() { # text, identity: what an operator reads of it
    "$scrip" receipt verify "$1" --pki "$pki" --terminal "$2"
}

monitor() { # name, command of the emulator's monitor
    printf '%s\n' "$2" | socat -t 0.2 - "UNIX-CONNECT:$work/$1/monitor.sock" >/dev/null
}

enroll() { # name, identity
    "$scrip" terminal enroll --pki "$pki" --terminal "$2" --port 4433 \
        --socket "line:$work/$1/till.sock"
}

sync_now() { # name: asks for a sync, and waits until nothing is unsent and the host was there
    say "$1" /sync >/dev/null || return 1
    within 30 status_is "$1" '.depth == 0 and (.states | index("host_unreachable") | not)'
}

# A cable that passes 200 bytes of what the host says, and then is cut.
short_line() {
    network_cut
    : >"$work/cable.log"
    setsid socat -d -d "TCP4-LISTEN:$cable_port,bind=127.0.0.1,reuseaddr,fork" \
        "TCP4:127.0.0.1:$host_port,readbytes=200" 2>"$work/cable.log" &
    network=$!
    within 5 grep -q 'listening on' "$work/cable.log"
}

# Asks for a sync until the terminal connects: the first may end a session that was cut.
connects() { # name
    say "$1" /sync >/dev/null
    sleep 0.1
    grep -q 'accepting connection' "$work/cable.log"
}

# Tells the image to end, and answers its exit status.
terminal_restart() { # name
    say "$1" /restart >/dev/null
    pid=$(cat "$work/$1/pid")
    within 20 dead "$pid" || return 99
    wait "$pid"
}

# Where the processor stands still: a debugger at the emulator's stub. A terminal that is to be stopped
# is started with -gdb "$(gdb_at NAME)".
gdb_at() { echo "unix:$work/$1/gdb.sock,server=on,wait=off"; }

# Arms a stop where a place is passed for the pass-th time; the commands are the debugger's when there,
# $arming is one that it has to do first.
arming=
stop_at() { # name, place, pass, commands..
    stop_name=$1
    stop_place=$2
    stop_pass=$3
    shift 3
    rm -f "$work/$stop_name/armed" "$work/$stop_name/stopped" "$work/$stop_name/go"
    {
        printf '%s\n' 'set confirm off' 'set pagination off' 'set remotetimeout 30' "target remote $work/$stop_name/gdb.sock" \
            "break $stop_place" "ignore 1 $((stop_pass - 1))" "$arming" "shell touch $work/$stop_name/armed" \
            continue 'delete 1' "$@"
        printf 'shell touch %s; until [ -e %s ]; do sleep 0.02; done\n' \
            "$work/$stop_name/stopped" "$work/$stop_name/go"
        printf '%s\n' detach
    } >"$work/$stop_name/gdb.commands"
    gdb-multiarch -nx -batch -x "$work/$stop_name/gdb.commands" "${terminal_image:-$image}" \
        >"$work/$stop_name/gdb.log" 2>&1 </dev/null &
    track $!
    within 20 test -e "$work/$stop_name/armed"
}

stopped() { within "${2:-20}" test -e "$work/$1/stopped"; } # name, seconds
go_on() { touch "$work/$1/go"; }                            # name

# Power cuts ---------------------------------------------------------------------------------------

# Where storage is written, by the line of the source, as both are inlined: a page of an EEPROM, a block
# of the card. One a line.
line_of() { echo "$1:$(grep -n -m 1 -F "$2" "$1" | cut -d : -f 1)"; }
WRITES=$(line_of platform/cortexm/at24c.c 'memcpy(frame + 2, data, len)')
[ "$board" != lm3s6965evb ] || WRITES="$WRITES
$(line_of platform/cortexm/sd_card.c 'command(card, WRITE_SINGLE')"

# Starts a terminal that stands still at its first instruction, with a debugger that lets it run until
# the number-th write to its storage, which then has not begun. There the debugger does the commands.
start_until_write() { # name, number, commands..
    name=$1
    number=$2
    shift 2
    terminal_run "$name" -S -gdb "$(gdb_at "$name")"
    rm -f "$work/$name/cut"
    {
        printf '%s\n' 'set confirm off' 'set pagination off' 'set remotetimeout 30' 'set $left = '"$number"
        echo "target remote $work/$name/gdb.sock"
        for place in $WRITES; do
            printf '%s\n' "break $place" commands silent 'set $left = $left - 1' 'if $left > 0' continue end end
        done
        printf '%s\n' continue "$@" "shell touch $work/$name/cut" detach
    } >"$work/$name/gdb.commands"
    within 10 test -S "$work/$name/gdb.sock"
    gdb-multiarch -nx -batch -x "$work/$name/gdb.commands" "$image" >"$work/$name/gdb.log" 2>&1 </dev/null &
    debugger=$!
    track $debugger
    within 20 answers_or_is_cut "$name"
}
answers_or_is_cut() { [ -e "$work/$1/cut" ] || terminal_answers "$1"; }

# One sale after the other, until $1 are through or the terminal is gone: $work/offered says what was
# asked, $work/heard what was answered.
sell_until_cut() { # most, name
    : >"$work/offered"
    : >"$work/heard"
    for i in $(seq "$1"); do
        mint
        id=c$i
        echo "$id $cti $code" >>"$work/offered"
        nexo "$2" "$(redemption "$id" "$code" 20.00)"
        [ -n "$answer" ] || return 0
        read_answer
        echo "$id $result $reference" >>"$work/heard"
    done
}

# What a cut must have left: every sale asked again, before the line is back and the host has it, has the
# answer that was heard, or is approved now; the last codes are worth nothing in another sale; and the
# host gets each exactly once. Says what is wrong in $wrong.
judge_cut() { # name
    wrong=
    asked=0
    while read -r id cti code; do
        asked=$((asked + 1))
        nexo "$1" "$(redemption "$id" "$code" 20.00)"
        read_answer
        heard=$(grep "^$id " "$work/heard")
        [ "$result" = Success ] || wrong="$wrong $id: $result $detail."
        [ -z "$heard" ] || [ "$heard" = "$id Success $reference" ] || wrong="$wrong $heard, then $result $reference."
    done <"$work/offered"
    tail -n 2 "$work/offered" >"$work/last"
    while read -r id cti code; do
        redeem "$1" "$code" 20.00
        case $detail in *REFUSED_USED*) ;; *) wrong="$wrong $id again: $result $detail." ;; esac
    done <"$work/last"
    network_up
    sync_now "$1" || wrong="$wrong It does not settle: $(status "$1" .depth)."
    db "SELECT cti FROM redemptions WHERE state = 'held'" | sort >"$work/at-host"
    { cat "$work/sold-before"; cut -d ' ' -f 2 "$work/offered"; } | sort >"$work/at-till"
    difference=$(diff "$work/at-till" "$work/at-host") || wrong="$wrong Till and host: $difference."
}
