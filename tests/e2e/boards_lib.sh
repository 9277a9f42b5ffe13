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

say() { # name, line, seconds: the line that answers
    printf '%s\n' "$2" | python3 tests/e2e/line.py "$work/$1/till.sock" "${3:-10}"
}

terminal_answers() { say "$1" /status 2; }

# $held is a file without which the message's end is kept back, or nothing.
nexo() { # name, message: $answer is the answer, or empty
    answer=$(printf '%s' "$2" | tr '\n' ' ' |
        python3 tests/e2e/line.py "$work/$1/till.sock" 20 ${held:+"$held"})
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
    within 10 status_is "$1" '.depth == 0 and (.states | index("host_unreachable") | not)'
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
    within 5 dead "$pid" || return 99
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
