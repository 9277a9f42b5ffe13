#!/bin/sh
# The report of `make bench` computes what its samples say, and every limit can be broken.
set -u
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0

good='path_insn 1 1000100
path_verify_insn 1 1000000
answer_insn 1 50
answer_verify_insn 0 0
path_insn 1 1250000
path_verify_insn 1 1000000
answer_insn 1 50
answer_verify_insn 0 0
path_wall 1 3000
path_wall 1 9000
path_wall 1 2000
least_wall 1 2000
settle_host 64 4000000
settle_bare 64 2000000'

expect() { # what, exit status, a line of the report, sed expression that changes the samples
    number=$((number + 1))
    printf '%s\n' "$good" | sed "$4" >"$work/samples"
    tests/bench/report "$work/samples" >"$work/out" 2>&1
    status=$?
    if [ "$status" = "$2" ] && grep -qxF -- "$3" "$work/out"; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1: exit $status, and no line '$3' in"
        cat "$work/out"
    fi
}

last='bench: path_insn=1250000 verify_insn=1000000 overhead_insn=250000 settle_ratio'
expect "the largest overhead, on its limit" 0 "$last=0.500" ''
expect "the ratio of the medians" 0 "  ratio of the medians                                1.500" ''
expect "one instruction too many" 1 "bench: overhead is 250001 instructions, 250000 are allowed" \
    's/1250000/1250001/'
expect "settling a little too slow" 1 "$last=0.499" 's/4000000/4008100/'
expect "two verifications in one redemption" 1 \
    "bench: redemptions made 3 ECDSA verifications, not one each" '2s/ 1 / 2 /'
expect "a verification behind the record" 1 \
    "bench: redemptions made 3 ECDSA verifications, not one each" '4s/0 0/1 40/'
expect "a profile is missing" 1 "bench: the profiles of redemptions are not complete" 3d
expect "no settling was measured" 1 "bench: no samples of settle_host" /settle_host/d
expect "no wall time was measured" 1 "bench: no samples of least_wall" /least_wall/d
expect "a line that is no sample" 1 "bench: not a sample: settle_bare 64 fast" 's/ 2000000/ fast/'
