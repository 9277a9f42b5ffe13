#!/bin/sh
# make install, and what a stranger does with it: a plain line of a compiler, a CMake project and C++,
# from the installed files alone, also after they were moved.
set -u
cd "$(dirname "$0")/../.."
: "${B:=build/linux}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0
strict='-Wall -Wextra -Wpedantic -Wconversion -Werror'
expected="scrip $(sed -n 's/^#define SCRIP_VERSION "\(.*\)"$/\1/p' firmware/scrip.h): open REFUSED_NOT_ENROLLED, request OK of some 300 bytes"

holds() { # what, command..
    n=$((n + 1))
    what=$1
    shift
    if said=$("$@" 2>&1); then echo "ok $n - $what"; else
        echo "not ok $n - $what"
        printf '%s\n' "$said" | sed 's/^/    /'
    fi
}
says() { # program
    [ "$("$1" 2>/dev/null)" = "$expected" ] || { "$1"; return 1; }
}
fails() { ! "$@"; }

config() { # root, words..: pkg-config, as if that were the only package in the world
    where=$1
    shift
    PKG_CONFIG_LIBDIR="$where/lib/pkgconfig" pkg-config "$@" scrip
}
plain() { # root, program: the line that a makefile would have
    # shellcheck disable=SC2046,SC2086 # lists of words
    gcc -std=gnu11 $strict $(config "$1" --cflags) tests/install/main.c $(config "$1" --libs) -o "$2"
}
header() { # root, header, compiler..
    header=$2
    printf '#include <%s>\n' "$header" >"$dir/alone.cpp"
    # shellcheck disable=SC2046,SC2086 # lists of words
    g++ -std=c++11 $strict -Wold-style-cast $(config "$1" --cflags) -fsyntax-only "$dir/alone.cpp"
}
project() { # root, build folder
    cmake -S tests/install -B "$2" -DCMAKE_PREFIX_PATH="$1" && cmake --build "$2"
}

holds "make install" env -u MAKEFLAGS -u MAKELEVEL "${MAKE:-make}" install DESTDIR="$dir/staged" PREFIX=/opt/scrip
root=$dir/staged/opt/scrip
is_whole() {
    wanted="include/scrip/hal/$(cd hal && printf '%s\n' *.h | paste -sd ' ' | sed 's: : include/scrip/hal/:g')
        include/scrip/scrip.h lib/cmake/scrip/scripConfig.cmake lib/cmake/scrip/scripConfigVersion.cmake
        lib/pkgconfig/scrip.pc lib/scrip/libmbedtls.a lib/scrip/libqrencode.a lib/scrip/scrip.o
        share/doc/scrip/LICENSE share/doc/scrip/LICENSE.cjson share/doc/scrip/LICENSE.mbedtls
        share/doc/scrip/LICENSE.qrencode share/doc/scrip/PORTING.md share/doc/scrip/README.md"
    # shellcheck disable=SC2086 # a list of words
    printf '%s\n' $wanted | sort >"$dir/wanted"
    (cd "$root" && find . -type f | sed 's:^\./::' | sort) | diff "$dir/wanted" -
}
holds "it installs headers, the library, and how to find them" is_whole
holds "no path of this machine is written down" fails grep -rIl -e "$dir" -e "$PWD" "$root/lib/pkgconfig" "$root/lib/cmake"
holds "pkg-config knows its version" config "$root" --exact-version=0.1.0
holds "a plain line compiles and links" plain "$root" "$dir/plain"
holds "... and the agent runs" says "$dir/plain"
holds "a CMake project finds it" project "$root" "$dir/cmake"
holds "... and the agent runs" says "$dir/cmake/main_c"
holds "... in C++, too" "$dir/cmake/main_cpp"
for name in scrip.h $(cd "$root/include/scrip" && echo hal/*.h); do
    holds "$name is C++11 by itself" header "$root" "$name"
done

mv "$dir/staged/opt" "$dir/moved"
holds "moved, it is found by pkg-config" plain "$dir/moved/scrip" "$dir/plain2"
holds "... and by CMake" project "$dir/moved/scrip" "$dir/cmake2"
cp tests/install/main.* "$dir"
sed 's/find_package(scrip 0.1 /find_package(scrip 0.2 /' tests/install/CMakeLists.txt >"$dir/CMakeLists.txt"
another() {
    cmake -S "$dir" -B "$dir/cmake3" -DCMAKE_PREFIX_PATH="$dir/moved/scrip" >"$dir/why" 2>&1 && return 1
    grep -q 'scripConfig.cmake, version: 0.1.0' "$dir/why" || { cat "$dir/why"; return 1; }
}
holds "another minor version is not taken for this one" another
