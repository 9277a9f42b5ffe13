#!/bin/sh
# The token profile with real processes: a challenge and its answer, a receipt that is claimed, a
# coupon that is revoked with the host and without, who may reverse, a root that leaves office, and
# the vault's names.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh

shop --offline-coupons 1 --online-first 0
# The till has the scanner, so that it must be given the challenge.
terminal_stop t1
"$B/scripd" --state "$work/t1" --display "$work/t1/display" --printer "$work/t1/receipts" \
    >>"$work/t1/log" 2>&1 &
echo $! >"$work/t1/pid"
track $!
within 5 terminal_answers t1
sync_now t1
socket=$work/t1/till.sock

"$scrip" policy explain "$pki" >"$work/explained"
grep -q 'one code, offline, at most *50.00 EUR' "$work/explained" &&
    grep -q 'V x (k - 1) *0.00 EUR' "$work/explained"
report "the policy is explained" $? "$(cat "$work/explained")"
"$scrip" pki objects "$pki" --store-terminals 4 >/dev/null
"$scrip" policy explain "$pki" | grep -q 'V x (k - 1) *150.00 EUR'
report "and says what four terminals can lose" $? "$("$scrip" policy explain "$pki")"

# A challenge, and a token that answers it.
challenge() { # transaction, total
    "$scrip" challenge --socket "$socket" --transaction "$1" --total "$2" --sale-id TILL9 \
        --service-id "C$1" | sed -n 's/^challenge *//p'
}
answer() { # transaction, total, code: the till's next request
    said=$("$scrip" redeem "$3" --socket "$socket" --transaction "$1" --total "$2" --sale-id TILL9)
}
text=$(challenge 1 20.00)
case $text in SCCB*) found=0 ;; *) found=1 ;; esac
report "a challenge is given to the till" $found "got '$text'"
bound=$("$scrip" token mint --pki "$pki" --challenge "$text")
mint
answer 1 20.00 "$code"
case $said in *REFUSED_BINDING*'txh is missing'*) found=0 ;; *) found=1 ;; esac
report "another code is refused while it is open" $found "$said"
answer 1 21.00 "$bound"
case $said in *REFUSED_BINDING*TotalAmount*) found=0 ;; *) found=1 ;; esac
report "a changed total is refused by its name" $found "$said"
answer 1 20.00 "$bound"
case $said in *Success*) found=0 ;; *) found=1 ;; esac
report "its answer redeems" $found "$said"
answer 2 20.00 "$code"
case $said in *Success*) found=0 ;; *) found=1 ;; esac
report "and then any code does" $found "$said"
sync_now t1
is "the host accepts the bound one" 2 "$(db "SELECT count(*) FROM redemptions WHERE state = 'held'")"

# A receipt is claimed once.
claim() { # receipt, key
    jq -cn --arg r "$1" '{v: 1, receipt: $r}' | curl -s --max-time 10 --cacert "$pki/ca.crt" \
        --connect-to "localhost::127.0.0.1:" --cert "$work/app.crt" --key "$work/app.key" \
        -H 'Content-Type: application/json' -H "Idempotency-Key: $2" --data-binary @- \
        "https://localhost:$host_port/v1/receipts/claim" | jq -r '.status + " " + (.code // "-")'
}
openssl ecparam -genkey -name prime256v1 -noout -out "$work/app.key" 2>/dev/null
openssl req -new -key "$work/app.key" -subj /CN=app -out "$work/app.csr" 2>/dev/null
printf 'subjectAltName=URI:urn:scrip:term:DEMO.APP.T1\nextendedKeyUsage=clientAuth\n' >"$work/app.ext"
openssl x509 -req -in "$work/app.csr" -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -set_serial 77 -days 2 \
    -sha256 -extfile "$work/app.ext" -out "$work/app.crt" 2>/dev/null
spki=$(openssl pkey -in "$work/app.key" -pubout -outform DER 2>/dev/null | sha256sum | cut -d' ' -f1)
printf 'terminal=DEMO.APP.T1\nepoch=1\nfirst_prev=000102030405060708090a0b0c0d0e0f\n' \
    >"$pki/terminals/$spki"
receipt_of() { # service id
    nexo t1 "$(message TransactionStatus "Q$1" '{"ReceiptReprintFlag":true,"MessageReference":{
        "MessageCategory":"Loyalty","ServiceID":"'"$1"'","SaleID":"TILL1"}}')"
    receipt=$(printf '%s' "$answer" | jq -r '.. | .BarcodeValue? // empty')
    copy=$(printf '%s' "$answer" | jq -r '.. | .Text? // empty')
}
login t1
network_cut
mint
redeem t1 "$code" 20.00
undo=$reference
receipt_of "$service"
is "a reprint says that it is a copy" COPY "$copy"
is "a receipt waits for its record" "pending -" "$(claim "$receipt" app-1)"
is "nobody else claims it" "refused ALREADY_CLAIMED" "$(claim "$receipt" app-2)"
network_up
sync_now t1
is "the record has come" "claimed -" "$(claim "$receipt" app-1)"
reverse t1 "$undo"
sync_now t1
is "a reversal ends the claim" "refused REVERSED" "$(claim "$receipt" app-1)"

# Coupons.
"$scrip" pki revoke "$pki" --list 1 --index 5 >/dev/null
coupon() { mint --ttl 86400 --status "1,$1" && redeem t1 "$code" 20.00; }
network_cut
coupon 4
is "one coupon offline" Success "$result"
coupon 6
is "the second asks for the host" UnreachableHost "$condition"
network_up
sync_now t1
within 20 status_is t1 '.lists_seq == 1'
report "the status list comes to the terminal" $? "$(terminal_answers t1)"
network_cut
coupon 7
is "with it a coupon stands without the host" Success "$result"
coupon 8
is "and so does the next" Success "$result"
coupon 5
is "a revoked one is refused without the host" Refusal "$condition"
terminal_stop t1
terminal_start t1
within 5 terminal_answers t1
login t1
coupon 5
is "after a restart too" Refusal "$condition"
network_up
sync_now t1
"$scrip" pki revoke "$pki" --list 1 --index 7 >/dev/null
sync_now t1
within 20 status_is t1 '.lists_seq == 2'
report "a newer list replaces it" $? "$(terminal_answers t1)"
"$scrip" pki revoke "$pki" --list 2 --entries 8192 >/dev/null
sync_now t1
within 20 status_is t1 '.lists_seq == 3'
report "and another one, of the coupons to come" $? "$(terminal_answers t1)"
"$scrip" pki objects "$pki" --online-first 1 >/dev/null
sync_now t1
within 20 status_is t1 '.policy_seq == 3 and .keys_seq == 3'
report "new objects are applied" $? "$(terminal_answers t1)"
coupon 6
is "the host lets one stand" Success "$result"
coupon 5
is "and refuses one that is revoked" Refusal "$condition"

# Operators: from the day on which the back office says who they are.
undo_by() { # operator, reference
    said=$("$scrip" reverse "$2" --socket "$socket" --operator "$1" --sale-id TILL9) || :
}
mint
redeem t1 "$code" 20.00
first=$reference
mint
redeem t1 "$code" 20.00
second=$reference
mint
redeem t1 "$code" 20.00
third=$reference
"$scrip" pki operators "$pki" --add 7 --may reverse --without-badge >/dev/null
badge=$("$scrip" pki operators "$pki" --add 8 --may reverse,offline | sed -n 's/^badge *//p')
is "a badge is made, and shown once" 16 "${#badge}"
grep -q "$badge" "$pki/objects/operators.cose"
is "the list does not hold it" 1 $?
undo_by 3 "$first"
case $said in *Success*) found=0 ;; *) found=1 ;; esac
report "before the list has come anybody reverses" $found "$said"
sync_now t1
within 20 status_is t1 '.operators_seq == 2'
report "the list of operators comes to the terminal" $? "$(terminal_answers t1)"
undo_by 3 "$second"
case $said in *NotAllowed*REFUSED_OPERATOR*) found=0 ;; *) found=1 ;; esac
report "then nobody does who is not on it" $found "$said"
undo_by 8 "$second"
case $said in *REFUSED_OPERATOR*) found=0 ;; *) found=1 ;; esac
report "nor who says a number and shows no badge" $found "$said"
undo_by "$badge" "$second"
case $said in *Success*) found=0 ;; *) found=1 ;; esac
report "the badge does" $found "$said"
undo_by 7 "$third"
case $said in *Success*) found=0 ;; *) found=1 ;; esac
report "and so does a number whom the till is believed" $found "$said"
grep -qr "$badge" "$work/t1"
is "the badge is nowhere on the terminal" 1 $?
sync_now t1
is "and the host has every reversal" 4 "$(db "SELECT count(*) FROM record WHERE type = 3")"
login t1

# A root leaves office: what it signs afterwards is nothing.
kid=$(python3 - "$pki/roots.bin" <<'PY'
import hashlib, sys
p = open(sys.argv[1], "rb").read()[:65]
key = bytes.fromhex("a401022001215820") + p[1:33] + bytes.fromhex("225820") + p[33:]
print(hashlib.sha256(key).hexdigest()[:16])
PY
)
"$scrip" pki objects "$pki" --remove-root "$kid" >"$work/objects.log" 2>&1
report "a root is removed" $? "$(cat "$work/objects.log")"
sync_now t1
within 20 status_is t1 '.policy_seq == 4 and .keys_seq == 4'
report "terminal and host follow the other root" $? "$(terminal_answers t1)"
mint
redeem t1 "$code" 20.00
is "and sales go on" Success "$result"

# The vault.
holds "a vault" "$scrip" vault init "$pki"
holds "new names" "$scrip" vault rotate "$pki"
is "every epoch resolves" "vault: epochs=2 resolvable=2" "$("$scrip" vault prove "$pki")"
cp "$pki/vault/epoch-2" "$pki/vault/epoch-1"
! "$scrip" vault prove "$pki" >"$work/prove" 2>&1
report "an epoch that was swapped does not" $? "$(cat "$work/prove")"
