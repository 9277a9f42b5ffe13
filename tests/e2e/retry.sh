#!/bin/sh
# A till that asks again, takes back or asks what became of it: the answer is the same as then, also
# after a restart, and also when there has never been a network since.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh

asked=0
abort() { # service id
    asked=$((asked + 1))
    nexo t1 "$(message Abort "A$asked" '{"AbortReason":"Cancelled","MessageReference":{
        "MessageCategory":"Loyalty","ServiceID":"'"$1"'","SaleID":"TILL1"}}')"
    read_answer
}

# What an answer says of the redemption, without what it says of the terminal's state.
essence() {
    printf '%s' "$answer" | jq -c '[.. | .Response?.Result? // empty,
        (.. | .POITransactionID?.TransactionID? // empty),
        (.. | .LoyaltyAmount?.AmountValue? // empty)]'
}

scanner_plug t1
shop
mint
redeem t1 "$code" 20.00
is "a redemption" "Success 5" "$result $amount"
first_service=$service first_code=$code first_cti=$cti
first=$(essence) first_reference=$reference

nexo t1 "$(redemption "$first_service" "$first_code" 20.00)"
is "the same message again: the same answer" "$first" "$(essence)"
nexo t1 "$(redemption "$first_service" "$first_code" 21.00)"
read_answer
is "the same number for another sale" "Failure Refusal" "$result $condition"
mint
nexo t1 "$(redemption "$first_service" "$code" 20.00)"
read_answer
is "the same number for another code" "Failure Refusal" "$result $condition"
is "only one record of all this" 1 "$(db 'SELECT count(*) FROM redemptions')"

network_cut
mint
redeem t1 "$code" 20.00
offline_service=$service offline_reference=$reference offline_cti=$cti
is "a redemption without network" Success "$result"

terminal_kill t1
terminal_start t1
report "it starts without network" $? "$(tail -n 5 "$work/t1/log")"
nexo t1 "$(redemption n1 "$code" 20.00)"
read_answer
is "after a restart the till must log in" "Failure LoggedOut" "$result $condition"
login t1
nexo t1 "$(redemption "$first_service" "$first_code" 20.00)"
is "the same message after a restart: the same answer" "$first" "$(essence)"
ask_status t1 "$offline_service"
is "TransactionStatus after a restart" "Success" "$result"
is "... repeats the answer" "$offline_reference" \
    "$(printf '%s' "$repeated" | jq -r .POIData.POITransactionID.TransactionID)"
ask_status t1 never
is "TransactionStatus of what never was" "Failure NotFound" "$result $condition"
mint
redeem t1 "$code" 20.00
is "it redeems, though it never met the host in this boot" Success "$result"

reverse t1 "$offline_reference"
is "a reversal without network" Success "$result"
reverse t1 "$offline_reference"
is "a second time: nothing changes" Success "$result"
reverse t1 DEMO.S1.T1-1-4000000
is "of what never was" "Failure NotFound" "$result $condition"
reverse t1 DEMO.S9.T9-1-1
is "of another terminal's" "Failure NotFound" "$result $condition"

# The scanner never delivers: the till waits, another till is told so, and the first gives up.
waiting=$(redemption wait1 "" 20.00 | jq -c 'del(.SaleToPOIRequest.LoyaltyRequest.LoyaltyData)')
(nexo t1 "$waiting" && printf '%s' "$answer" >"$work/aborted") &
waiter=$!
within 5 in_progress t1 wait1
is "TransactionStatus of what waits" "Failure InProgress" "$result $condition"
redeem t1 "$first_code" 20.00
is "another sale meanwhile" "Failure Busy" "$result $condition"
abort wait1
wait $waiter
answer=$(cat "$work/aborted")
read_answer
is "Abort ends what waits" "Failure Aborted" "$result $condition"
before=$(status t1 .head_seq)
abort "$first_service"
is "Abort of what is durable changes nothing" "$before" "$(status t1 .head_seq)"
ask_status t1 "$first_service"
is "... and it still stands" "$first_reference" \
    "$(printf '%s' "$repeated" | jq -r .POIData.POITransactionID.TransactionID)"

# The same, but this time the scanner delivers.
mint
scanned=$(printf '%s' "$waiting" | sed 's/wait1/wait2/g')
(nexo t1 "$scanned" && printf '%s' "$answer" >"$work/delivered") &
waiter=$!
within 5 in_progress t1 wait2
scan "$code"
wait $waiter
answer=$(cat "$work/delivered")
read_answer
is "a code from the terminal's own scanner" "Success 5" "$result $amount"

"$scrip" terminal enroll --pki "$pki" --terminal DEMO.S1.T1 --socket "$work/t1/till.sock" \
    --port "$cable_port" >"$work/enrolled" 2>&1
is "a new enrolment while records are unsent is refused" 1 $?
grep -q REFUSED_UNSETTLED "$work/enrolled"
report "... it says why" $? "$(cat "$work/enrolled")"
is "... and the terminal is who it was" 1 "$(status t1 .epoch)"

network_up
sync_now t1
is "all of it settles" 0 "$(status t1 .depth)"
is "the reversed one is reversed at the host" reversed \
    "$(db "SELECT state FROM redemptions WHERE cti = '$offline_cti'")"
is "the first is held there once" 1 "$(held "$first_cti")"
