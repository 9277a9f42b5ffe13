#!/bin/sh
# The demonstration: one shop, two tills, a host, and everything that can go wrong at a counter.
# Every step says what happens, and then proves it: in the host's database, in the terminal's
# journal, on the cashier's display. `make demo` builds what it needs.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh

A=DEMO.S1.T1
B2=DEMO.S1.T2
step_number=0
step_good=
began=$(date +%s)

# Telling -------------------------------------------------------------------------------------------

finish_step() {
    [ -n "$step_good" ] || return 0
    if [ "$step_good" = yes ]; then
        passed=$((passed + 1))
        return 0
    fi
    failed=$((failed + 1))
    for log in "$work/setup.log" "$work/host.log" "$work"/*/log; do
        [ -s "$log" ] || continue
        echo "        the end of ${log#"$work"/}:"
        grep -v ': connected: ' "$log" | tail -n 6 | sed 's/^/        | /'
    done
}

step() { # what happens
    finish_step
    step_number=$((step_number + 1))
    step_good=yes
    printf '\n%2d. %s\n' "$step_number" "$1"
}

tell() { printf '%s\n' "$1" | sed 's/^/      /'; }

check() { # what is claimed, command..
    claim=$1
    shift
    if said=$("$@" 2>&1); then
        echo "    ok  $claim"
    else
        step_good=no
        echo "    NOT $claim"
            printf '%s\n' "$said" | tail -n 4 | sed 's/^/        | /'
    fi
}

equal() { [ "$1" = "$2" ] || { echo "is '$1', not '$2'" && false; }; }

# Without this nothing that follows would mean anything.
must_stand() {
    [ "$step_good" = yes ] || close_demo
}

close_demo() {
    finish_step
    step_good=
    printf '\n%s\ndemo: %d steps passed, %d failed\n' \
        "It took $(($(date +%s) - began)) seconds." "$passed" "$failed"
    [ "$failed" = 0 ] && [ "$passed" -ge 14 ]
    exit
}

cashier_sees() { # name, words
    tell "the cashier sees:  $(shown "$1")"
    check "the display says \"$2\"" equal "$(shown "$1")" "$2"
}

journal_redemptions() { # name
    "$scrip" journal dump "$work/$1/journal.flash" --keystore "$work/$1/keys" | grep -c '^ *[0-9]* *redeem '
}

not_held() { # cti
    check "the host's database does not hold it" equal "$(held "$1")" 0
}

refuses() { # what the cashier sees, nexo's word for it: $code is worth nothing
    before=$(status t1 .head_seq)
    redeem t1 "$code" 20.00
    cashier_sees t1 "$1"
    check "the till hears Failure, $2" equal "$result $condition" "Failure $2"
    check "nothing was written to the journal" equal "$(status t1 .head_seq)" "$before"
}

# The shop ------------------------------------------------------------------------------------------

echo "A shop with two tills. Customers bring codes on their phones; each is worth money, once."

step "The back office makes its keys: root, issuer, host, and the rules for the shop."
"$scrip" pki init "$pki" >"$work/setup.log" 2>&1
check "the secret keys can be read by their owner only" \
    equal "$(stat -c %a "$pki"/*.key | sort -u)" 600
mint
check "a code by the new issuer is genuine" "$scrip" token inspect "$code" --pki "$pki" --terminal $A
must_stand

step "The redemption host starts, and the shop is connected to it by a cable."
host_start && network_up
check "its database is there, and empty" equal "$(db 'SELECT count(*) FROM record')" 0
check "a stranger without a certificate gets no answer" \
    sh -c "! curl -sk --max-time 3 https://localhost:$host_port/v1/sync -d {}"
must_stand

step "The terminals of both tills are switched on and enrolled."
scanner_plug t1
for name in t1 t2; do terminal_start "$name" >/dev/null; done
redeem t1 "$code" 20.00
check "before that, a terminal redeems nothing" equal "$result" Failure
enroll t1 $A >>"$work/setup.log" 2>&1 && enroll t2 $B2 >>"$work/setup.log" 2>&1
check "t1 knows who it is" equal "$(status t1 .identity)" $A
check "t2 knows who it is" equal "$(status t2 .identity)" $B2
sync_now t1 && sync_now t2
check "the host has met both" equal \
    "$(db 'SELECT group_concat(terminal) FROM (SELECT terminal FROM chain ORDER BY 1)')" "$A,$B2"
login t1 && login t2
check "the tills have logged in" equal "$result" Success
must_stand

# Online --------------------------------------------------------------------------------------------

step "A customer opens the app: a QR code, good for two minutes and 5 euros."
mint --png "$work/code.png" --text
first=$code first_cti=$cti
"$scrip" token mint --pki "$pki" --cti "$cti" --blocks 2>/dev/null | sed 's/^/      /' | head -n 60
check "a scanner reads from the picture what was signed" \
    equal "$(zbarimg -q --raw --oneshot "$work/code.png" 2>/dev/null)" "$code"

step "The cashier scans it. The terminal asks the host, and the host says yes."
scan_request=$(redemption scan-1 "" 20.00 | jq -c 'del(.SaleToPOIRequest.LoyaltyRequest.LoyaltyData)')
(nexo t1 "$scan_request" && printf '%s' "$answer" >"$work/scanned") &
waiting=$!
within 5 in_progress t1 scan-1 # the terminal is waiting for its scanner now
scan "$(zbarimg -q --raw --oneshot "$work/code.png" 2>/dev/null)"
wait "$waiting"
answer=$(cat "$work/scanned")
read_answer
first_reference=$reference
cashier_sees t1 "EUR 5.00 OFF / Applied"
check "the till hears Success" equal "$result" Success
check "the host's database holds it, once" equal "$(held "$first_cti")" 1
check "the host knows it under the till's own reference" equal \
    "$(db "SELECT transaction_id FROM redemptions WHERE cti = '$first_cti'")" "$first_reference"

step "The customer gets a receipt with a signed QR code, which anyone can check without a network."
sed 's/^QR \(.\{40\}\).*/[QR code: \1...]/; s/^/      | /' "$work/t1/receipts" | sed '/| $/d'
receipt=$(sed -n 's/^QR //p' "$work/t1/receipts" | tail -n 1)
check "its signature is the terminal's" \
    "$scrip" receipt verify "$receipt" --pki "$pki" --terminal $A
check "it is not the other terminal's" \
    sh -c '! "$@"' - "$scrip" receipt verify "$receipt" --pki "$pki" --terminal $B2

# Codes that are worth nothing ----------------------------------------------------------------------

step "The same code again."
code=$first
refuses "Already used / Do not retry" Refusal
check "the host's database still holds it once" equal "$(held "$first_cti")" 1

step "A code of ten minutes ago."
mint --iat -600
refuses "Code expired / Refresh the code" Refusal
not_held "$cti"

step "A code for another store."
mint --aud DEMO.S2
refuses "Not for this store" Refusal
not_held "$cti"

step "A code in which somebody has changed one character."
mint
code=$(printf '%s' "$code" | awk '{
    at = 6 + 3 * 40
    print substr($0, 1, at - 1) (substr($0, at, 1) == "0" ? "1" : "0") substr($0, at + 1) }')
refuses "Code not genuine / Do not accept" InvalidCard
not_held "$cti"

step "The QR code from a menu card."
code=https://example.com/menu
refuses "Not a reward code" InvalidCard

# Without a network ---------------------------------------------------------------------------------

step "Somebody trips over the network cable. The shop goes on: the terminal decides alone."
network_cut
mint
spent=$code spent_cti=$cti
redeem t1 "$code" 20.00
cashier_sees t1 "EUR 5.00 OFF / Will sync"
check "the till hears Success" equal "$result" Success
check "and that it was offline" sh -c 'case $1 in *mode=offline*) ;; *) exit 1 ;; esac' - "$detail"
check "the host knows nothing of it yet" equal "$(held "$cti")" 0
check "the terminal keeps it to send later" status_is t1 '.depth >= 1'
redeem t1 "$code" 20.00
check "the same code again is refused, offline too" equal "$(shown t1)" "Already used / Do not retry"

step "A cheat takes the same code to the second till, which cannot know."
redeem t2 "$spent" 20.00
cheat_reference=$reference
cashier_sees t2 "EUR 5.00 OFF / Will sync"
check "the second till hears Success" equal "$result" Success

# Power cuts ----------------------------------------------------------------------------------------

rounds=6
codes_a_round=4
step "The plug of the first terminal is pulled $rounds times, while it is writing."
: >"$work/approved"
: >"$work/offered"
round=0
while [ $round -lt $rounds ]; do
    round=$((round + 1))
    : >"$work/basket"
    i=0
    while [ $i -lt $codes_a_round ]; do
        i=$((i + 1))
        mint
        echo "c$round-$i $cti $code" | tee -a "$work/offered" >>"$work/basket"
    done
    while read -r id cti code; do
        nexo t1 "$(redemption "$id" "$code" 20.00)"
        read_answer
        echo "$result $id $reference" >>"$work/heard"
    done <"$work/basket" &
    waiting=$!
    sleep "0.$((round * 3 % 4))$((round * 7 % 10))"
    terminal_kill t1
    wait "$waiting"
    terminal_start t1 >/dev/null && login t1
done
heard=$(grep -c ^Success "$work/heard")
tell "$((rounds * codes_a_round)) codes were offered; for $heard of them the till heard the answer."
check "the plug was pulled in the middle of something" [ "$heard" -lt $((rounds * codes_a_round)) ]
lost=0
while read -r said id before; do
    [ "$said" = Success ] || continue
    code=$(awk -v id="$id" '$1 == id { print substr($0, length($1) + length($2) + 3) }' "$work/offered")
    nexo t1 "$(redemption "$id" "$code" 20.00)"
    read_answer
    [ "$result $reference" = "Success $before" ] || lost=$((lost + 1))
done <"$work/heard"
check "each of these stands: asked again, the same answer under the same number" equal "$lost" 0
while read -r id cti code; do
    nexo t1 "$(redemption "$id" "$code" 20.00)"
    read_answer
    echo "$result $cti" >>"$work/final"
done <"$work/offered"
check "the till asks for the others again, and gets an answer" \
    equal "$(grep -c ^Success "$work/final")" $((rounds * codes_a_round))
terminal_stop t1
check "every entry of the journal is whole, each linked to the one before" \
    "$scrip" journal verify "$work/t1/journal.flash" --keystore "$work/t1/keys"
terminal_start t1 >/dev/null && login t1
check "after the restart it is ready again" status_is t1 ".identity == \"$A\""

# The network is back -------------------------------------------------------------------------------

step "The cable is back. Everything settles."
network_up
sync_now t1
check "nothing is left unsent" status_is t1 '.depth == 0'
twice=0
while read -r id cti code; do
    [ "$(held "$cti")" = 1 ] || twice=$((twice + 1))
done <"$work/offered"
check "the host holds every one of them exactly once" equal "$twice" 0
check "and the one from before" equal "$(held "$spent_cti")" 1
check "nothing else: the sum is right, to the cent" equal \
    "$(db "SELECT sum(amount_minor) FROM redemptions WHERE terminal = '$A' AND state = 'held'")" \
    $((500 * (rounds * codes_a_round + 2)))

step "The second till settles too: now the cheat shows."
sync_now t2
tell "$(db "SELECT terminal || ' seq ' || seq || ': ' || verdict || ', ' || code
    FROM redemptions WHERE cti = '$spent_cti' ORDER BY terminal")"
check "the host refuses the second use" equal "$(db "SELECT verdict || ' ' || code FROM redemptions
    WHERE cti = '$spent_cti' AND terminal = '$B2'")" "refused ALREADY_REDEEMED"
check "the code is worth 5 euros once, not twice" equal "$(held "$spent_cti")" 1
check "the terminal reports the late refusal" status_is t2 '.late_refused == 1'
check "it knows which sale it was" equal "$cheat_reference" \
    "$(db "SELECT transaction_id FROM redemptions WHERE cti = '$spent_cti' AND terminal = '$B2'")"

step "A customer changes their mind: the sale is reversed."
reverse t1 "$first_reference"
check "the till hears Success" equal "$result" Success
sync_now t1
check "the host's database says so" equal \
    "$(db "SELECT state FROM redemptions WHERE cti = '$first_cti'")" reversed
check "it is worth nothing to the shop any more" equal "$(held "$first_cti")" 0
reverse t1 "$first_reference"
check "to reverse it again changes nothing" equal "$result" Success

step "Closing time: the books agree."
terminal_stop t1
terminal_stop t2
for name in t1 t2; do
    check "the journal of $name is whole" \
        "$scrip" journal verify "$work/$name/journal.flash" --keystore "$work/$name/keys"
done
check "both journals hold as many redemptions as the host's database" equal \
    "$(journal_redemptions t1) and $(journal_redemptions t2)" \
    "$(db "SELECT count(*) FILTER (WHERE terminal = '$A') || ' and ' ||
        count(*) FILTER (WHERE terminal = '$B2') FROM redemptions")"
check "no customer's code was left in a file of the terminal" \
    sh -c '! grep -rqF "$1" "$2"' - "$spent" "$work/t1"
close_demo
