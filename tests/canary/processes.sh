#!/bin/sh
# The same from outside: a thousand identifiers are noted for sales at a terminal that runs beside a
# host with a vault. Then their files, what `scrip journal` says of them, the database, every answer and
# the memory of both are searched. Closes with `processes: ids=N places=P found=F`.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
names=$B/tests/canary/names_test

"$scrip" pki init "$pki" --max-awards 60000 >"$work/setup.log" 2>&1 &&
    "$scrip" vault init "$pki" >>"$work/setup.log" 2>&1
host_options="--vault $pki"
host_start && network_up && terminal_start t1 && enroll t1 DEMO.S1.T1 >>"$work/setup.log" 2>&1 &&
    sync_now t1 && login t1
report "a shop whose host has a vault" $? "$(cat "$work/setup.log" "$work/t1/log")"

# Noted, asked for again, looked up, and given where they do not belong.
"$names" --make >"$work/ids"
python3 - "$work/t1/till.sock" "$work/ids" "$work/answers" <<'PY'
import json, socket, sys

def post(link, message):
    body = json.dumps(message).encode()
    link.sendall(b"POST /nexo HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                 b"Content-Length: %d\r\n\r\n" % len(body) + body)
    data = b""
    while b"\r\n\r\n" not in data:
        data += link.recv(65536)
    head, rest = data.split(b"\r\n\r\n", 1)
    size = int([h for h in head.split(b"\r\n") if h.lower().startswith(b"content-length:")][0].split(b":")[1])
    while len(rest) < size:
        rest += link.recv(65536)
    return rest

def message(category, service, body):
    return {"SaleToPOIRequest": {"MessageHeader": {
        "MessageClass": "Service", "MessageCategory": category, "MessageType": "Request",
        "ServiceID": service, "SaleID": "TILL1", "POIID": "P"}, category + "Request": body}}

def sale(number, transaction, kind, text):
    return {"SaleData": {"SaleTransactionID": {"TransactionID": f"X{number}", "TimeStamp": "2026-11-25T12:00:00Z"}},
            "LoyaltyTransaction": {"LoyaltyTransactionType": transaction, "Currency": "EUR", "TotalAmount": 20},
            "LoyaltyData": [{"LoyaltyAccountID": {"EntryMode": ["Keyed"], "IdentificationType": kind,
                                                  "LoyaltyID": text}}]}

link = socket.socket(socket.AF_UNIX)
link.connect(sys.argv[1])
good = 0
with open(sys.argv[3], "wb") as answers:
    for number, line in enumerate(open(sys.argv[2])):
        kind, text = line.split()
        account = {"1": "BarCode", "2": "PhoneNumber", "3": "AccountNumber", "5": "AccountNumber"}[kind]
        note = message("Loyalty", f"A{number}", sale(number, "Award", account, text))
        for again in range(2):
            said = post(link, note)
            answers.write(said + b"\n")
        good += b'"Result":"Success"' in said
        answers.write(post(link, message("TransactionStatus", f"Q{number}", {"MessageReference": {
            "MessageCategory": "Loyalty", "ServiceID": f"A{number}", "SaleID": "TILL1"}})) + b"\n")
        answers.write(post(link, message("Loyalty", f"B{number}", sale(number, "Redemption", "BarCode", text))) + b"\n")
        answers.write(post(link, message("Loyalty", f"C{number}", sale(number, text, account, "x"))) + b"\n")
print(f"{good} noted")
sys.exit(good != 1000)
PY
report "a thousand sales are noted" $? "$(tail -c 600 "$work/answers")"
rm "$work/ids"
"$scrip" journal dump "$work/t1/journal.flash" --keystore "$work/t1/keys" >"$work/dump"
report "the journal lists them" $? "$(tail -n 3 "$work/dump")"
is "each with its seal" 1000 "$(grep -c ' award .* sealed ' "$work/dump")"
"$scrip" journal stat "$work/t1/journal.flash" --keystore "$work/t1/keys" >"$work/stat"
report "the journal is summed up" $? "$(cat "$work/stat")"
sync_now t1
within 60 status_is t1 '.depth == 0'
report "all are settled" $? "$(status t1 .)"
is "and named by the host" 1000 "$(db "SELECT count(DISTINCT member) FROM awards WHERE state = 'noted'")"
terminal_answers t1 >"$work/page"
"$scrip" journal dump "$work/t1/journal.flash" --keystore "$work/t1/keys" >"$work/dump2"

# shellcheck disable=SC2046 # file names of ours
"$names" --search --pid "$(cat "$work/t1/pid")" --pid "$host_pid" "$work/dump" "$work/dump2" "$work/stat" \
    "$work/page" "$work/answers" $(find "$work/t1" -type f -size +0 ! -name till.sock) \
    $(find "$work" -maxdepth 1 -name 'host.*' -type f -size +0) >"$work/found"
report "and none of them is found anywhere" $? "$(cat "$work/found")"
sed -n 's/^    //p' "$work/found" | sed "s:$work/::"
# What finds nothing must have been able to find something.
"$names" --make | head -n 1 >"$work/one"
! "$names" --search "$work/one" >/dev/null
report "but in a file that has one" $? ""
python3 -c 'import time; time.sleep(60)' "$(cat "$work/one")" &
track $!
finds_in() { ! "$names" --search --pid "$1"; }
within 5 finds_in $!
report "and in a process that has" $? ""
echo "processes: ids=1000 $(tail -n 1 "$work/found")"
[ "$failed" = 0 ]
