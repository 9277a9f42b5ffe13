#!/bin/sh
# Power cuts at every one of the first 40 writes that sales make to the storage of an emulated board,
# and of the first 40 that an enrolment makes (CUTS names others): the processor is stopped by the
# debugger before the write, and the emulator is killed there. Sales are cut twice at each: as if the
# write had not begun, and as if it had been torn, with half of the new page and half of it garbage;
# enrolments the one way or the other. Behind each the terminal restarts on what is left.
#
# `make run-cuts BOARD=..`: ten minutes a board, and more where a sale is one write.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/boards_lib.sh

CUTS=${CUTS:-$(seq 40)}
SALES=44 # more than the writes of any cut: a sale is one block of the card, and seldom two

# Keeps the storage as it is, and what was heard until then; what else is there is no power cut's.
keep() { printf 'shell cp %s/t1/journal.img %s/t1/blobs.img %s/heard %s' "$work" "$work" "$work" "$work/$1"; }
kill_it() { echo "shell kill -KILL \$(cat $work/t1/pid)"; }

fresh() { # storage: t1 as it is there
    rm -rf "$work/t1"
    mkdir -m 700 "$work/t1"
    cp "$work/$1"/*.img "$work/t1"
}

# One cut: the commands at the stop, then the storage that it leaves.
commands_at() { # kind
    keep before
    echo
    if [ "$1" = torn ]; then
        printf '%s\n' 'set $left = 1' continue
        keep after
        echo
    fi
    kill_it
}
left_by() { # kind
    cp "$work/before/heard" "$work/heard"
    for medium in journal blobs; do
        cp "$work/before/$medium.img" "$work/t1/$medium.img"
        [ "$1" = clean ] || python3 tests/e2e/tear.py "$work/before/$medium.img" "$work/after/$medium.img" \
            "$work/t1/$medium.img"
    done
}

cut_sales() { # write, kind
    fresh template
    cp "$work/template/host.db" "$database"
    : >"$work/heard"
    IFS='
'
    # shellcheck disable=SC2046 # a line is a command
    start_until_write t1 "$1" $(commands_at "$2")
    unset IFS
    login t1
    sell_until_cut $SALES t1
    within 20 test -e "$work/t1/cut"
    terminal_kill t1
    end "$debugger"
    left_by "$2"
    host_start
    terminal_start t1 && login t1 && judge_cut t1 || wrong="it does not start: $(cat "$work/t1/log")"
    [ -e "$work/t1/cut" ] || wrong="there was no such write: $(cat "$work/t1/gdb.log")"
    [ "$(wc -l <"$work/heard")" -lt $SALES ] || wrong="$wrong It came only behind all sales."
    [ -z "$wrong" ]
    good=$?
    report "$board: write $1 of sales, $2: $(wc -l <"$work/heard") of $(wc -l <"$work/offered") answers were heard" $good "$wrong"
    terminal_kill t1
    network_cut
    host_stop
}

cut_enrolment() { # write, kind
    fresh blank
    rm -f "$database"*
    : >"$work/heard"
    host_start
    IFS='
'
    # shellcheck disable=SC2046 # a line is a command
    start_until_write t1 "$1" $(commands_at "$2")
    unset IFS
    enroll t1 DEMO.S1.T1 >"$work/enrolled" 2>&1 && echo "enrolled in spite of it" >>"$work/enrolled"
    within 20 test -e "$work/t1/cut"
    terminal_kill t1
    end "$debugger"
    left_by "$2"
    wrong=
    terminal_start t1 && enroll t1 DEMO.S1.T1 >"$work/again" 2>&1 || wrong="$(cat "$work/again")"
    : >"$work/sold-before"
    login t1
    sell_until_cut 1 t1
    judge_cut t1
    [ -e "$work/t1/cut" ] || wrong="there was no such write: $(cat "$work/t1/gdb.log" "$work/enrolled")"
    [ -z "$wrong" ]
    report "$board: write $1 of an enrolment, $2" $? "$wrong"
    terminal_kill t1
    network_cut
    host_stop
}

# A terminal that has sold and settled twice is what every cut of sales begins with.
mkdir "$work/template" "$work/blank" "$work/before" "$work/after"
"$scrip" pki init "$pki" --host 10.0.2.100 --unknown-time 1 >"$work/setup.log" 2>&1 &&
    host_start && network_up && terminal_start t1 && enroll t1 DEMO.S1.T1 >>"$work/setup.log" 2>&1 && login t1
report "$board: a terminal is enrolled" $? "$(cat "$work/setup.log" "$work/t1/log")"
for _ in 1 2; do
    mint
    redeem t1 "$code" 20.00
    echo "$cti" >>"$work/template/sold"
done
sync_now t1
report "$board: and has settled" $? "$(status t1 .)"
terminal_kill t1
network_cut
host_stop
cp "$work/t1/journal.img" "$work/t1/blobs.img" "$work/template"
cp "$database" "$work/template/host.db"
for medium in journal blobs; do
    head -c "$(wc -c <"$work/t1/$medium.img")" /dev/zero | tr '\0' '\377' >"$work/blank/$medium.img"
done

for write in $CUTS; do
    for kind in clean torn; do
        cp "$work/template/sold" "$work/sold-before"
        cut_sales "$write" $kind
    done
    [ $((write % 2)) = 0 ] && kind=clean
    cut_enrolment "$write" $kind
done
