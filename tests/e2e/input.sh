#!/bin/sh
# Everything that a till, a scanner or a stranger on the socket can send to a running terminal: each
# has a defined answer with one sentence that names what was wrong; nothing is recorded, and what was
# there before still stands.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh

# The answer must name the condition and hold the words; the journal must not have moved.
bad() { # what, condition, words, message
    nexo t1 "$4"
    read_answer
    case $answer in *"\"$2\""*) named=0 ;; *) named=1 ;; esac
    printf '%s' "$answer" | sed 's/%20/ /g' | grep -qF -- "$3"
    [ $? = 0 ] && [ "$named" = 0 ] && [ "$result" != Success ] &&
        [ "$(status t1 .head_seq)" = "$head" ]
    report "$1: $2, \"$3\"" $? "head $head, then $(status t1 .head_seq): $answer"
}

# A wrong message in HTTP: status, words.
bad_http() { # what, status, words, curl options..
    what=$1 wanted=$2 words=$3
    shift 3
    got=$(curl -s --max-time 5 --unix-socket "$work/t1/till.sock" -o "$work/body" \
        -w '%{http_code}' "$@")
    [ "$got" = "$wanted" ] && grep -qF -- "$words" "$work/body"
    report "$what: HTTP $wanted, \"$words\"" $? "HTTP $got: $(head -c 300 "$work/body")"
}

# The same message with one thing changed by a jq filter.
changed() { printf '%s' "$good" | jq -c "$1"; }

code_is() { # what, code, condition, display
    redeem t1 "$2" 20.00
    is "$1: Failure $3" "Failure $3" "$result $condition"
    is "... the cashier reads \"$4\"" "$4" "$(shown t1)"
    is "... nothing was recorded" "$head" "$(status t1 .head_seq)"
}

shop
mint
redeem t1 "$code" 20.00
sale=$service sale_code=$code sale_reference=$reference
is "a redemption before all that" Success "$result"
sync_now t1
head=$(status t1 .head_seq)

# Messages ------------------------------------------------------------------------------------------

mint
good=$(redemption x1 "$code" 20.00)
L=.SaleToPOIRequest.LoyaltyRequest
bad "half a message" Reject "Not JSON" '{"SaleToPOIRequest":{'
bad "no JSON at all" Reject "Not JSON" 'GIVE ME FIVE'
bad "an empty message" Reject "JSON" ' '
bad "a member twice" Reject "twice" \
    "$(printf '%s' "$good" | sed 's/"TotalAmount":/"TotalAmount":1,"TotalAmount":/')"
bad "deep nesting" Reject "deep" "$(printf '%2000s' '' | tr ' ' '[')"
bad "not UTF-8" Reject "JSON" "$(printf '{"SaleToPOIRequest":"\303\050"}')"
bad "another protocol" Reject "SaleToPOIRequest" '{"hello":"world"}'
bad "no header" Reject "MessageHeader" '{"SaleToPOIRequest":{}}'
bad "no ServiceID" Reject "ServiceID" "$(changed 'del(.SaleToPOIRequest.MessageHeader.ServiceID)')"
bad "a ServiceID that is too long" Reject "ServiceID" \
    "$(changed '.SaleToPOIRequest.MessageHeader.ServiceID = "12345678901"')"
bad "an unknown message" Reject "MessageCategory is a message that this terminal does not offer" \
    "$(changed '.SaleToPOIRequest.MessageHeader.MessageCategory = "Teleport"')"
bad "a header without its body" MessageFormat "LoyaltyRequest" \
    "$(changed 'del(.SaleToPOIRequest.LoyaltyRequest)')"
bad "a missing total" MessageFormat "TotalAmount" \
    "$(changed "del($L.LoyaltyTransaction.TotalAmount)")"
bad "a total of zero" MessageFormat "TotalAmount" "$(changed "$L.LoyaltyTransaction.TotalAmount = 0")"
bad "a negative total" MessageFormat "TotalAmount" \
    "$(changed "$L.LoyaltyTransaction.TotalAmount = -1")"
bad "a total out of range" MessageFormat "TotalAmount" \
    "$(changed "$L.LoyaltyTransaction.TotalAmount = 1e300")"
bad "a total that is a text" MessageFormat "TotalAmount" \
    "$(changed "$L.LoyaltyTransaction.TotalAmount = \"20.00\"")"
bad "half a cent" MessageFormat "TotalAmount" \
    "$(changed "$L.LoyaltyTransaction.TotalAmount = 20.005")"
bad "another currency" Refusal "Currency" \
    "$(changed "$L.LoyaltyTransaction.Currency = \"USD\"")"
bad "a currency that does not exist" Refusal "Currency" \
    "$(changed "$L.LoyaltyTransaction.Currency = \"XYQ\"")"
bad "a transaction that is not offered" UnavailableService "LoyaltyTransactionType" \
    "$(changed "$L.LoyaltyTransaction.LoyaltyTransactionType = \"Rebate\"")"
bad "no sale" MessageFormat "SaleTransactionID" "$(changed "del($L.SaleData)")"
bad "a sale's id that is too long" MessageFormat "TransactionID" \
    "$(changed "$L.SaleData.SaleTransactionID.TransactionID = (\"x\" * 37)")"
bad "more than the sale" Refusal "more than the code or the sale allows" "$(changed "$L.LoyaltyData[0].LoyaltyAmount = {
    LoyaltyUnit: \"Monetary\", Currency: \"EUR\", AmountValue: 21}")"
bad "points" UnavailableService "LoyaltyUnit" "$(changed "$L.LoyaltyData[0].LoyaltyAmount = {
    LoyaltyUnit: \"Point\", AmountValue: 5}")"
bad "too many items" MessageFormat "SaleItem" "$(changed "$L.LoyaltyTransaction.SaleItem =
    [range(65) | {ProductCode: \"1\", ItemAmount: 1}]")"

# HTTP ----------------------------------------------------------------------------------------------

at=http://localhost
json='Content-Type: application/json'
head -c 20000 /dev/zero | tr '\0' ' ' >"$work/long"
bad_http "a message that is too long" 413 "16384 bytes" -H "$json" \
    --data-binary "@$work/long" $at/nexo
bad_http "an unknown place" 404 "there is /nexo" $at/admin
bad_http "a wrong method" 405 "POST" $at/nexo
bad_http "no content type" 415 "application/json" -H 'Content-Type: text/plain' -d x $at/nexo
bad_http "an enrolment that is none" 200 REFUSED_SHAPE -H "$json" -d '{"bundle":"AAAA"}' $at/enroll/install
is "... and it is who it was" DEMO.S1.T1 "$(status t1 .identity)"

# Codes ---------------------------------------------------------------------------------------------

mint
code_is "half a code" "$(printf '%.100s' "$code")" InvalidCard "Can't read / Scan again"
code_is "a code through a foreign keyboard" "$(printf '%s' "$code" | sed 's/^SCTB./SCTB\&/')" InvalidCard \
    "Scanner layout / Call support"
code_is "an EAN" 4006381333931 InvalidCard "Not a reward code"
code_is "a code of 3,000 characters" "$(printf 'SCTB.%03000d' 0)" InvalidCard "Can't read / Scan again"
mint --currency USD --limit 5.00
code_is "a code in dollars" "$code" InvalidCard \
    "Code not valid / Refresh the code"
mint --iat +7200
code_is "a code of tomorrow" "$code" Refusal "Code not valid yet / Call supervisor"
mint --flags offline,training
code_is "a training code" "$code" NotAllowed "Training mismatch / Check the mode"
"$scrip" pki init "$work/other" >/dev/null
code_is "a code of another issuer" "$("$scrip" token mint --pki "$work/other")" \
    InvalidCard "Code not valid / Refresh the code"

# What was there ------------------------------------------------------------------------------------

nexo t1 "$(redemption "$sale" "$sale_code" 20.00)"
read_answer
is "the redemption from before stands" "Success $sale_reference" "$result $reference"
mint
redeem t1 "$code" 20.00
is "and the next good code is taken" Success "$result"
is "no code is in the terminal's log" "" "$(grep -F "SCTB" "$work/t1/log")"
