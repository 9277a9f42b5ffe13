#!/bin/sh
# The commands that play a till, against a terminal of a few lines of shell: what they send, how they
# read the answer, and what they say when nobody sensible answers.
set -u
cd "$(dirname "$0")/../.."
scrip=${B:-build/linux}/scrip
work=$(mktemp -d)
listener=
trap '[ -z "$listener" ] || kill "$listener"; rm -rf "$work"' EXIT
number=0

report() { # what, whether it is good (0), detail
    number=$((number + 1))
    if [ "$2" = 0 ]; then echo "ok $number - $1"; else
        echo "not ok $number - $1"
        printf '%s\n' "$3" | sed 's/^/    /'
    fi
}
# what, exit status, words that the output must hold, command..
expect() {
    what=$1 status=$2 words=$3
    shift 3
    out=$("$@" 2>&1)
    got=$?
    case $out in *"$words"*) found=0 ;; *) found=1 ;; esac
    [ "$got" = "$status" ] && [ "$found" = 0 ]
    report "$what" $? "exit $got, wanted $status and '$words': $out"
}

# Answers one request: logged out until a login came, then as the file `answer` says.
cat >"$work/terminal" <<'TERMINAL'
#!/bin/sh
cd "$(dirname "$0")" || exit 1
length=0
read -r request
while read -r line; do
    line=${line%?}
    [ -n "$line" ] || break
    case $line in Content-Length:*) length=${line#Content-Length: } ;; esac
done
printf '%s\n' "$request" >>requests
body=$(head -c "$length")
[ -z "$body" ] || printf '%s\n' "$body" >>bodies
if [ -e raw ]; then cat raw; exit; fi
reply() { # content
    text="{\"SaleToPOIResponse\":{\"MessageHeader\":{\"MessageType\":\"Response\"},$1}}"
    printf 'HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s' "${#text}" "$text"
}
case $body in
*LoginRequest*)
    : >logged_in
    reply '"LoginResponse":{"Response":{"Result":"Success"}}'
    ;;
*)
    [ -e logged_in ] || {
        reply '"LoyaltyResponse":{"Response":{"Result":"Failure","ErrorCondition":"LoggedOut"}}'
        exit
    }
    reply "$(cat answer)"
    ;;
esac
TERMINAL
chmod +x "$work/terminal"
socat "UNIX-LISTEN:$work/sock,fork" "EXEC:$work/terminal" 2>"$work/socat.log" &
listener=$!
tries=0
until [ -S "$work/sock" ] || [ "$tries" = 100 ]; do
    tries=$((tries + 1))
    sleep 0.05
done

redeem() { "$scrip" redeem --socket "$work/sock" "$@"; }
sent() { jq -e "$2" >"$work/jq.log" 2>&1 <"$work/bodies"; report "$1" $? "$(cat "$work/bodies")"; }

cat >"$work/answer" <<'ANSWER'
"LoyaltyResponse":{"Response":{"Result":"Success","AdditionalResponse":"mode=offline"},
"POIData":{"POITransactionID":{"TransactionID":"DEMO.S1.T1-7-42"}},
"LoyaltyResult":[{"LoyaltyAmount":{"Currency":"EUR","AmountValue":4.50}}]}
ANSWER
expect "a code is redeemed, after a login" 0 "reference  DEMO.S1.T1-7-42" \
    redeem SCTB123 --total 20 --amount 4.50 --service-id 77 --transaction T-9 --online-only
jq -es 'length == 3 and .[0] == .[2] and (.[1].SaleToPOIRequest | has("LoginRequest"))' \
    <"$work/bodies" >/dev/null
report "the same request again after it" $? "$(cat "$work/bodies")"
tail -n 1 "$work/bodies" >"$work/last" && mv "$work/last" "$work/bodies"
sent "the header names till and request" \
    '.SaleToPOIRequest.MessageHeader | .SaleID == "POS1" and .ServiceID == "77"'
sent "the sale" '.SaleToPOIRequest.LoyaltyRequest | .SaleData.SaleTransactionID.TransactionID == "T-9"
    and .LoyaltyTransaction.TotalAmount == 20 and .LoyaltyTransaction.Currency == "EUR"
    and .LoyaltyTransaction.TransactionConditions.ForceOnlineFlag'
sent "the code and what it shall be worth" '.SaleToPOIRequest.LoyaltyRequest.LoyaltyData[0] |
    .LoyaltyAccountID.LoyaltyID == "SCTB123" and .LoyaltyAmount.AmountValue == 4.5'

rm "$work/bodies"
expect "a code is asked of the scanner" 0 "amount     4.50" redeem --total 20.00 --operator 12
sent "without a code" '.SaleToPOIRequest.LoyaltyRequest |
    (.LoyaltyData[0] | has("LoyaltyAccountID") | not) and .SaleData.OperatorID == "12"'
echo '"LoyaltyResponse":{"Response":{"Result":"Failure","ErrorCondition":"Refusal",
"AdditionalResponse":"code=REFUSED_USED"}}' >"$work/answer"
expect "a refusal" 1 "REFUSED_USED" redeem SCTB1 --total 20
expect "a refusal as it came" 1 '"ErrorCondition":"Refusal"' redeem SCTB1 --total 20 --json
rm "$work/bodies"
echo '"ReversalResponse":{"Response":{"Result":"Success"}}' >"$work/answer"
expect "a reversal" 0 "result     Success" \
    "$scrip" reverse DEMO.S1.T1-7-42 --socket "$work/sock"
sent "names the redemption" \
    '.SaleToPOIRequest.ReversalRequest.OriginalPOITransaction.POITransactionID.TransactionID == "DEMO.S1.T1-7-42"'

raw() { printf "$@" >"$work/raw"; }
raw 'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"status":"OK"}'
expect "status" 0 '{"status":"OK"}' "$scrip" status --socket "$work/sock"
expect "sync now" 0 '{"status":"OK"}' "$scrip" sync now --socket "$work/sock"
[ "$(tail -n 2 "$work/requests" | tr -d '\r')" = "$(printf 'GET /status HTTP/1.1\nPOST /sync HTTP/1.1')" ]
report "ask for what they are called" $? "$(cat "$work/requests")"
raw 'HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n{"status":"REFUSED_SUSPENDED"}'
expect "a refusal under HTTP 200" 1 'REFUSED_SUSPENDED' "$scrip" sync now --socket "$work/sock"
raw 'HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\n{}'
expect "an answer that is an error" 1 "HTTP 503" "$scrip" status --socket "$work/sock"
raw 'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"status":"OK"}'
expect "an answer cut short" 1 "not scripd" "$scrip" status --socket "$work/sock"
raw 'SSH-2.0-x\r\n\r\n'
expect "another protocol" 1 "not scripd" "$scrip" status --socket "$work/sock"
raw 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{"a"'
expect "an answer that is no JSON" 1 "not JSON" redeem SCTB1 --total 20
expect "nobody there" 1 "does scripd run" "$scrip" status --socket "$work/none"
expect "no total" 2 "--total" redeem SCTB1
expect "a total too fine" 2 "an amount" redeem SCTB1 --total 1.005
