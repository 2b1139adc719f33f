#!/bin/sh
# Builds and starts the programs of c/examples:  PREFIX=... OUT=... sh c/tests/examples.sh LANGUAGE build|receiver|vectors|bench [FOLDER]
#
# PREFIX is where packaging/install.sh has put the library, OUT a folder for what is built. `build` says what is missing and ends with 77 where the
# language is not on this machine.
set -eu
language=$1
program=$2
shift 2

tests=$(cd "$(dirname "$0")" && pwd)
cd "$tests/../examples/$language"
lib=$PREFIX/lib
out=$OUT/$language
export PKG_CONFIG_PATH="$lib/pkgconfig" YUNO_WEBHOOKS_LIBRARY="$lib/libyuno_webhooks.so.0"

# needs WHAT COMMAND: ends unless the command succeeds.
needs() {
    what=$1
    shift
    "$@" >/dev/null 2>&1 || {
        echo "$what"
        exit 77
    }
}

# compile COMPILER SOURCE PACKAGE
compile() {
    # shellcheck disable=SC2046 # they are several arguments
    $1 -O2 -Wall -Wextra -Wpedantic -Werror "$2" $(pkg-config --cflags --libs yuno-webhooks "$3") -pthread "-Wl,-rpath,$lib" -o "$out/receiver"
}

if [ "$program" = build ]; then
    mkdir -p "$out"
    case $language in
    c)
        needs "libmicrohttpd is not installed" pkg-config --exists libmicrohttpd
        compile "${CC:-cc} -std=c11" receiver.c libmicrohttpd
        ;;
    cpp)
        needs "cpp-httplib is not installed" pkg-config --exists cpp-httplib
        compile "${CXX:-c++} -std=c++17" receiver.cpp cpp-httplib
        ;;
    go)
        needs "Go 1.24 or newer is not installed" sh -c "GOTOOLCHAIN=local go env GOVERSION | awk -F '[a-z.]+' '{ exit !(\$2 > 1 || \$3 >= 24) }'"
        GOTOOLCHAIN=local CGO_LDFLAGS="-Wl,-rpath,$lib" go build -buildvcs=false -o "$out/" ./receiver ./vectors ./bench
        ;;
    java)
        needs "no JDK of 22 or newer is installed" sh "$tests/jdk.sh"
        "$(sh "$tests/jdk.sh")/bin/javac" -Xlint:all -Werror --release 22 -d "$out" ./*.java
        ;;
    php) needs "php with FFI is not installed" php -d ffi.enable=1 -r 'exit(class_exists("FFI") ? 0 : 1);' ;;
    ruby) needs "ruby with fiddle and webrick is not installed" ruby -rfiddle -rwebrick -e 0 ;;
    esac
    exit
fi

case $language in
c | cpp | go) exec "$out/$program" "$@" ;;
java)
    class=$(echo "$program" | cut -c 1 | tr '[:lower:]' '[:upper:]')$(echo "$program" | cut -c 2-)
    exec "$(sh "$tests/jdk.sh")/bin/java" --enable-native-access=ALL-UNNAMED -cp "$out" "$class" "$@"
    ;;
php)
    if [ "$program" = receiver ]; then
        exec php -d ffi.enable=1 -d display_errors=0 -d enable_post_data_reading=0 -S "127.0.0.1:$PORT" receiver.php
    fi
    exec php -d ffi.enable=1 "$program.php" "$@"
    ;;
ruby) exec ruby -w "$program.rb" "$@" ;;
esac
