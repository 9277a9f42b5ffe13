#!/bin/sh
# Enrolment between two sides of which one may not hear the other: whatever is lost on the way, the
# host lists the epoch that the terminal is in, and no record is given up for a new one.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh

listed() { sed -n 's/^epoch=//p' "$pki"/terminals/*; }
# what, exit status, words, command..
expect() {
    what=$1 wanted=$2 words=$3
    shift 3
    out=$("$@" 2>&1)
    got=$?
    case $out in *"$words"*) [ "$got" = "$wanted" ] ;; *) false ;; esac
    report "$what" $? "exit $got, wanted $wanted and '$words': $out"
}

shop
network_cut
mint
redeem t1 "$code" 20.00
is "a redemption that the host does not have" Success "$result"
expect "the terminal takes no new epoch over it" 1 "let it settle them first" \
    enroll t1 DEMO.S1.T1
is "... and the host still lists the old one" "1 1" "$(listed) $(status t1 .epoch)"
network_up && sync_now t1
is "it settles" "$(status t1 .head_seq)" "$(status t1 .acked_seq)"

# A line on which the terminal hears everything, and its word on a bundle never comes back.
cat >"$work/line" <<'LINE'
#!/bin/sh
length=0
read -r method target version
while read -r line && line=${line%?} && [ -n "$line" ]; do
    case $line in Content-Length:*) length=${line#Content-Length: } ;; esac
done
head -c "$length" >"$0.$$"
[ "$length" = 0 ] || set -- --data-binary "@$0.$$" -H 'Content-Type: application/json'
curl -s -i --max-time 5 --unix-socket "$(dirname "$0")/t1/till.sock" -X "$method" "$@" \
    "http://localhost$target" >"$0.$$.answer"
[ "$target" = /enroll/install ] || cat "$0.$$.answer"
LINE
chmod +x "$work/line"
mkdir "$work/lossy"
socat "UNIX-LISTEN:$work/lossy/till.sock,fork" "EXEC:$work/line" 2>"$work/line.log" &
track $!
within 5 test -S "$work/lossy/till.sock"
expect "the answer to the bundle is lost" 1 "stays listed with epoch 2" enroll lossy DEMO.S1.T1
is "both sides are in the new epoch" "2 2" "$(listed) $(status t1 .epoch)"
mint
redeem t1 "$code" 20.00
is "a redemption in it" Success "$result"
sync_now t1
is "settles" "1 1" "$(status t1 .acked_seq) $(held "$cti")"

sed -i 's/^epoch=.*/epoch=1/' "$pki"/terminals/*
expect "a list that fell behind catches up" 0 "epoch 3" enroll t1 DEMO.S1.T1
is "... on both sides" "3 3" "$(listed) $(status t1 .epoch)"
