#!/bin/sh
# scripd is killed twenty-two times (ROUNDS says otherwise) while redemptions and reversals run, with and without the host.
# After each start the till asks again for whatever it had no answer to. In the end every redemption
# that the till heard approved is at the host exactly once, and the host has none that the till does
# not know of.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh

ROUNDS=${ROUNDS:-22}
CODES=${CODES:-2}
MOST=180 # a terminal holds 192 codes that have not expired

shop
: >"$work/heard"
: >"$work/answers"

# The till's side of a round: asks for one code after the other until the terminal is gone.
sell() { # basket
    while read -r id cti code; do
        nexo t1 "$(redemption "$id" "$code" 20.00)"
        read_answer
        echo "$result $id $reference" >>"$work/heard"
    done <"$1"
}

round=0
restarted=0
: >"$work/offered"
while [ $round -lt "$ROUNDS" ]; do
    round=$((round + 1))
    [ $((round % 8)) = 1 ] && network_cut
    [ $((round % 8)) = 5 ] && network_up
    i=0
    : >"$work/basket"
    while [ $i -lt "$CODES" ] && [ "$(wc -l <"$work/offered")" -lt $MOST ]; do
        i=$((i + 1))
        mint
        echo "k$round-$i $cti $code" | tee -a "$work/offered" >>"$work/basket"
    done
    sell "$work/basket" &
    seller=$!
    sleep "0.0$((round * 17 % 10))$((round * 31 % 10))"
    terminal_kill t1
    wait "$seller"
    terminal_start t1 && login t1 && restarted=$((restarted + 1))
done
is "it starts after each of $ROUNDS kills" "$ROUNDS" $restarted
offered=$(wc -l <"$work/offered")
heard=$(grep -c '^Success' "$work/heard")
echo "# the till heard $heard of $offered answers before a kill"
[ "$heard" -lt "$offered" ]
report "kills interrupted sales" $? "all $offered were answered"

network_up
while read -r id cti code; do
    nexo t1 "$(redemption "$id" "$code" 20.00)"
    read_answer
    echo "$id $result $reference $cti" >>"$work/answers"
done <"$work/offered"
is "asked again, every code has an answer, and is approved" "$offered" \
    "$(grep -c ' Success ' "$work/answers")"
moved=$(awk 'FILENAME == ARGV[1] { now[$1] = $2 " " $3; next }
    $1 == "Success" && now[$2] != $1 " " $3 { moved++ } END { print moved + 0 }' \
    "$work/answers" "$work/heard")
is "an answer that was heard stands, under the same number" 0 "$moved"
is "no number was given twice" "$offered" "$(cut -d ' ' -f 3 "$work/answers" | sort -u | wc -l)"

sync_now t1
is "everything settles" 0 "$(status t1 .depth)"
db "SELECT cti FROM redemptions WHERE state = 'held'" | sort >"$work/at-host"
cut -d ' ' -f 4 "$work/answers" | sort >"$work/at-till"
is "the host holds each approved code exactly once, and no other" "" \
    "$(diff "$work/at-till" "$work/at-host")"
terminal_stop t1
holds "the journal is whole" \
    "$scrip" journal verify "$work/t1/journal.flash" --keystore "$work/t1/keys"
