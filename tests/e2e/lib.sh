# shellcheck shell=sh disable=SC2034,SC2120,SC2174 # variables and options are for who reads this in
# What the demo and the tests with real processes share: a back office, a host, terminals and the
# network between them, all in a directory of its own that is gone afterwards.
#
# Read in by `. tests/e2e/lib.sh` from the root of the tree. Processes are ended by their number,
# ports are free ones, and every wait has an end. A terminal NAME has its files in $work/NAME; the
# functions that talk to it leave their answer in variables.
set -u

B=${B:-build/linux}
case $B in /*) ;; *) B=$PWD/$B ;; esac
scrip=$B/scrip
work=$(mktemp -d)
pki=$work/pki
database=$work/host.db
processes=
passed=0
failed=0
network= # the group of the cable's processes
host_port=0
host_options= # more for scrip-host
cable_port=0

# Processes ----------------------------------------------------------------------------------------

alive() { # pid
    [ -r "/proc/$1/stat" ] && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null
}

within() { # seconds, command..: true as soon as the command is, false when the time is over
    within_end=$(($(date +%s) + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -le "$within_end" ] || return 1
        sleep 0.03
    done
}

dead() { ! alive "$1"; }

end() { # pid, signal: ends one of our processes; what does not end by itself is killed
    alive "$1" || return 0
    kill "-${2:-TERM}" "$1" 2>/dev/null
    within 3 dead "$1" || kill -KILL "$1" 2>/dev/null
    wait "$1" 2>/dev/null
}

track() { processes="$processes $1"; }

clean_up() {
    network_cut
    for pid in $processes; do
        kill -CONT "$pid" 2>/dev/null
        end "$pid"
    done
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# Back office and host -----------------------------------------------------------------------------

host_start() { # starts the host, on its former port if it had one
    rm -f "$work/host.port"
    # shellcheck disable=SC2086 # options are words
    "$B/scrip-host" --pki "$pki" --db "$database" --listen "127.0.0.1:$host_port" \
        --port-file "$work/host.port" $host_options >>"$work/host.log" 2>&1 &
    host_pid=$!
    track "$host_pid"
    within 5 test -s "$work/host.port" || return 1
    host_port=$(cat "$work/host.port")
}

host_stop() { end "$host_pid"; }

db() { sqlite3 -readonly -cmd '.timeout 3000' "$database" "$1"; }

held() { # cti: how often the host holds this code as redeemed
    db "SELECT count(*) FROM redemptions WHERE cti = '$1' AND state = 'held'"
}

# The network --------------------------------------------------------------------------------------

# A cable between terminals and host which can be cut: connections that stand break too.
network_up() { # [port at the other end]
    network_cut
    : >"$work/cable.log"
    setsid socat -d -d "TCP4-LISTEN:$cable_port,bind=127.0.0.1,reuseaddr,fork" \
        "TCP4:127.0.0.1:${1:-$host_port}" 2>"$work/cable.log" &
    network=$!
    within 5 grep -q 'listening on' "$work/cable.log" || return 1
    cable_port=$(sed -n 's/.*listening on .*:\([0-9]*\)$/\1/p' "$work/cable.log" | head -n 1)
}

network_cut() {
    [ -z "$network" ] && return
    kill -s KILL -- "-$network" 2>/dev/null
    wait "$network" 2>/dev/null
    network=
}

# Terminals ----------------------------------------------------------------------------------------

# Starts NAME, with more options for scripd if wanted. False: it ended, or does not answer.
terminal_start() { # name, options..
    terminal_run "$@" || return 1
    within 5 terminal_answers "$name" || return 1
    alive "$pid"
}

terminal_run() { # name, options..: starts it and waits for nothing
    name=$1
    shift
    mkdir -m 700 -p "$work/$name"
    rm -f "$work/$name/till.sock"
    "$B/scripd" --state "$work/$name" --display "$work/$name/display" \
        --printer "$work/$name/receipts" --scanner "$work/$name/scanner" "$@" \
        >>"$work/$name/log" 2>&1 &
    pid=$!
    echo "$pid" >"$work/$name/pid"
    track "$pid"
}

terminal_answers() { # name
    curl -s --max-time 2 --unix-socket "$work/$1/till.sock" http://localhost/status
}

terminal_stop() { end "$(cat "$work/$1/pid")" TERM; }
terminal_kill() { end "$(cat "$work/$1/pid")" KILL; } # as a power cut would

enroll() { # name, identity, options..
    enroll_name=$1
    enroll_identity=$2
    shift 2
    "$scrip" terminal enroll --pki "$pki" --terminal "$enroll_identity" \
        --socket "$work/$enroll_name/till.sock" --port "$cable_port" "$@"
}

status() { # name, jq filter of the status page
    terminal_answers "$1" | jq -r "$2"
}

status_is() { # name, jq condition
    terminal_answers "$1" | jq -e "$2"
}

sync_now() { # name: asks for a sync, and waits until nothing is unsent and the host was there
    "$scrip" sync now --socket "$work/$1/till.sock" >/dev/null || return 1
    within 10 status_is "$1" '.depth == 0 and (.states | index("host_unreachable") | not)'
}


# The till ------------------------------------------------------------------------------------------

service_number=0

nexo() { # name, message: $answer is the answer, or empty
    answer=$(printf '%s' "$2" | curl -s --max-time 20 --unix-socket "$work/$1/till.sock" \
        -H 'Content-Type: application/json' --data-binary @- http://localhost/nexo)
}

# The parts of $answer that tests look at.
read_answer() {
    # shellcheck disable=SC2046 # words without spaces
    set -- $(printf '%s' "$answer" | jq -r '
        [.SaleToPOIResponse | to_entries[] | select(.key != "MessageHeader") | .value][0] |
        .Response.Result // "-", .Response.ErrorCondition // "-",
        .POIData.POITransactionID.TransactionID // "-",
        ((.LoyaltyResult | if type == "array" then .[0] else . end
            | .LoyaltyAmount.AmountValue) // "-")' 2>/dev/null)
    result=${1:-none} condition=${2:-none} reference=${3:-none} amount=${4:-none}
    detail=$(printf '%s' "$answer" | jq -r '.. | .AdditionalResponse? // empty' 2>/dev/null)
}

header() { # category, service id
    printf '{"MessageClass":"Service","MessageCategory":"%s","MessageType":"Request",' "$1"
    printf '"ServiceID":"%s","SaleID":"TILL1","POIID":"SCRIP"}' "$2"
}

message() { # category, service id, content: the whole request
    printf '{"SaleToPOIRequest":{"MessageHeader":%s,"%sRequest":%s}}' \
        "$(header "$1" "$2")" "$1" "$3"
}

login() { # name
    service_number=$((service_number + 1))
    nexo "$1" "$(message Login "L$service_number" '{"DateTime":"2026-01-01T00:00:00Z",
        "OperatorID":"7","OperatorLanguage":"en","SaleSoftware":{"ManufacturerID":"t",
        "ApplicationName":"t","SoftwareVersion":"1","CertificationCode":"t"}}')"
    read_answer
    [ "$result" = Success ]
}

redemption() { # service id, code, total, more members of LoyaltyTransaction: the whole request
    message Loyalty "$1" '{"SaleData":{"OperatorID":"7","SaleTransactionID":{
        "TransactionID":"sale-'"$1"'","TimeStamp":"2026-01-01T00:00:00Z"}},
        "LoyaltyTransaction":{"LoyaltyTransactionType":"Redemption","Currency":"EUR",
        "TotalAmount":'"$3${4:-}"'},
        "LoyaltyData":[{"LoyaltyAccountID":{"EntryMode":["Scanned"],
        "IdentificationType":"BarCode","LoyaltyID":"'"$2"'"}}]}'
}

redeem() { # name, code, total, more: a new request; its number is $service
    service_number=$((service_number + 1))
    service=R$service_number
    nexo "$1" "$(redemption "$service" "$2" "$3" "${4:-}")"
    read_answer
}

reverse() { # name, reference
    service_number=$((service_number + 1))
    nexo "$1" "$(message Reversal "V$service_number" '{"SaleData":{"OperatorID":"7",
        "SaleTransactionID":{"TransactionID":"back","TimeStamp":"2026-01-01T00:00:00Z"}},
        "OriginalPOITransaction":{"POITransactionID":{"TransactionID":"'"$2"'",
        "TimeStamp":"2026-01-01T00:00:00Z"}},"ReversalReason":"MerchantCancel"}')"
    read_answer
}

mint() { # options..: $code and $cti are a new customer's code and its number
    cti=$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')
    code=$("$scrip" token mint --pki "$pki" --cti "$cti" "$@")
}

# What the display of a terminal shows, on one line: "upper / lower".
shown() { # name
    tail -n 30 "$work/$1/display" | sed -n 's/^|\(.*\)|$/\1/p' | tail -n 2 | sed 's/ *$//' |
        paste -s -d '/' - | sed 's:/: / :; s: / $::'
}

# Hosts that cannot be trusted ---------------------------------------------------------------------

fake_host() { # mode, back office, more: the cable ends at a host that lies
    rm -f "$work/fake.port"
    python3 tests/e2e/fake_host.py "${2:-$pki}" "$1" "$work/fake.port" "$work/wire-$1" \
        "$host_port" "$work/t1/keys/signing-a.key" "$pki/issued/DEMO.S1.T1.crt" \
        2>>"$work/fake.log" &
    fake_pid=$!
    track "$fake_pid"
    within 5 test -s "$work/fake.port" && network_up "$(cat "$work/fake.port")"
}

# A sync with such a host, then a sale; the status page must name what happened, the sale goes on, the
# cursor does not move, and $work/sold remembers the code:
lie() { # what, mode, host status, problem, [back office]
    before=$(status t1 .acked_seq)
    fake_host "$2" "${5:-}"
    "$scrip" sync now --socket "$work/t1/till.sock" >/dev/null
    within "${patience:-4}" status_is t1 ".host == \"$3\" and .host_problem == \"$4\""
    report "$1 is $3 ($4)" $? "$(status t1 .host) $(tail -n 3 "$work/t1/log")"
    mint
    echo "$cti" >>"$work/sold"
    redeem t1 "$code" 20.00
    is "... and a sale goes on" Success "$result"
    is "... and nothing was taken for settled" "$before" "$(status t1 .acked_seq)"
    end "$fake_pid"
}

all_sold_are_held() { # each once
    missing=0
    while read -r cti; do
        [ "$(held "$cti")" = 1 ] || missing=$((missing + 1))
    done <"$work/sold"
    is "none of the $(wc -l <"$work/sold") sales is missing at the host, none is there twice" 0 "$missing"
}

# TransactionStatus of an earlier message: $answer; what was answered then is $repeated.
ask_status() { # name, service id
    service_number=$((service_number + 1))
    nexo "$1" "$(message TransactionStatus "T$service_number" '{"MessageReference":{
        "MessageCategory":"Loyalty","ServiceID":"'"$2"'","SaleID":"TILL1"}}')"
    read_answer
    repeated=$(printf '%s' "$answer" | jq -c \
        '.. | .RepeatedMessageResponse? // empty | .. | .LoyaltyResponse? // empty')
}

in_progress() { # name, service id
    ask_status "$1" "$2"
    [ "$condition" = InProgress ]
}

# Verdicts ------------------------------------------------------------------------------------------

report() { # what, whether it is good (0), detail
    if [ "$2" = 0 ]; then
        passed=$((passed + 1))
        echo "ok $((passed + failed)) - $1"
    else
        failed=$((failed + 1))
        echo "not ok $((passed + failed)) - $1"
        printf '%s\n' "$3" | sed 's/^/    /'
    fi
}

is() { # what, wanted, got
    [ "$2" = "$3" ]
    report "$1" $? "wanted '$2', got '$3'"
}

holds() { # what, command..
    what=$1
    shift
    said=$("$@" 2>&1)
    report "$what" $? "failed: $* $said"
}

# A shop ready to redeem: back office, host, cable, and terminal t1, which has met the host.
shop() { # options for pki init..
    "$scrip" pki init "$pki" "$@" >"$work/setup.log" 2>&1 && host_start && network_up &&
        terminal_start t1 && enroll t1 DEMO.S1.T1 >>"$work/setup.log" 2>&1 && sync_now t1 &&
        login t1 && return
    echo "not ok - a shop with one terminal: $(cat "$work/setup.log" "$work/t1/log")"
    exit 1
}

# A scanner for a terminal that is not started yet: what scan() is given arrives as if read by it.
scanner_plug() { # name
    mkdir -m 700 -p "$work/$1"
    mkfifo "$work/hand"
    socat -u - "PTY,link=$work/$1/scanner,raw,echo=0" <"$work/hand" 2>>"$work/scanner.log" &
    track $!
    exec 7>"$work/hand"
    within 3 test -e "$work/$1/scanner"
}

scan() { printf '%s\r' "$1" >&7; }

log_has() { # name, words
    grep -q -- "$2" "$work/$1/log"
}
