#!/bin/sh
# The README's integration, as it stands there: it compiles without a warning, links, and runs up to
# the answer of a terminal that is not enrolled yet.
set -u
cd "$(dirname "$0")/../.."
: "${B:=build/linux}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0
result() { # status, text
    n=$((n + 1))
    if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

sed -n '/^```c$/,/^```$/p' README.md | sed '/^```/d' >"$dir/main.c"
lines=$(wc -l <"$dir/main.c")
[ "$lines" -gt 0 ] && [ "$lines" -le 34 ]
result $? "the README has an integration of about 30 lines ($lines)"

gcc -std=c11 -Wall -Wextra -Wpedantic -Werror -I. -Ifirmware -c "$dir/main.c" -o "$dir/main.o"
result $? "it compiles without a warning"

gcc -o "$dir/terminal" "$dir/main.o" -Wl,--start-group "$B"/lib/room-agent.a "$B"/lib/room-sync.a \
    "$B"/lib/room-redeem.a "$B"/lib/room-store.a "$B"/lib/room-base.a "$B"/lib/room-posix.a \
    "$B"/lib/room-board.a "$B"/lib/libmbedtls.a "$B"/lib/libcjson.a "$B"/lib/libqrencode.a \
    -Wl,--end-group -lmicrohttpd -lm
result $? "it links"

"$dir/terminal" --state "$dir/state" --no-network >"$dir/out" 2>&1
[ $? = 1 ] && grep -q 'not been enrolled\|no identity yet' "$dir/out"
result $? "it runs, and a terminal that is not enrolled says so"

header='#include "scrip.h"\nint main() { return scrip_status_name(SCRIP_OK) == nullptr; }\n'
# shellcheck disable=SC2059 # the format is the program
printf "$header" >"$dir/main.cpp"
g++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -I. -Ifirmware -c "$dir/main.cpp" -o /dev/null
result $? "the headers compile as C++11"
