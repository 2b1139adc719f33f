#!/bin/sh
# Installs on Debian and Ubuntu, as root, what the tests and benches of this package use and this machine lacks; elsewhere says what that is. It does nothing
# where all is there. A test without its tool prints that it was skipped.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
packages=

# needs PACKAGE COMMAND: adds the package unless the command succeeds.
needs() {
    package=$1
    shift
    "$@" >/dev/null 2>&1 || packages="$packages $package"
}

for tool in gcc g++ clang pkg-config cmake make valgrind; do
    needs "$tool" command -v "$tool"
done
header() {
    echo "#include <$1>" | cc -E -x "$2" -
}
needs libmicrohttpd-dev header microhttpd.h c
needs libcpp-httplib-dev header httplib.h c++
needs libcjson-dev header cjson/cJSON.h c
needs libssl-dev header openssl/hmac.h c
# Where it is there and too old, the test says so.
needs golang command -v go
needs php-cli php -d ffi.enable=1 -r 'exit(class_exists("FFI") ? 0 : 1);'
needs ruby ruby -rfiddle -e 0
needs ruby-webrick ruby -rwebrick -e 0
# For the inbox, whose tests start servers of their own.
needs postgresql sh -c 'ls /usr/lib/postgresql/*/bin/initdb || command -v initdb'
needs redis-server command -v redis-server
# For promtool, which reads the alerts.
needs prometheus command -v promtool
# Java has its interface to C since release 22, which older releases of the systems do not have.
java=openjdk-25-jdk-headless
needs "$java" sh "$here/jdk.sh"

[ -n "$packages" ] || exit 0
if ! command -v apt-get >/dev/null; then
    echo "tools: not on this machine, under the names of Debian:$packages"
elif [ "$(id -u)" != 0 ]; then
    echo "tools: not on this machine. To install it: sudo sh c/tests/tools.sh"
    echo "tools:$packages"
else
    apt-get update --quiet
    for package in $packages; do
        apt-get install --quiet --yes --no-install-recommends "$package" || echo "tools: could not be installed: $package"
    done
    sh "$here/jdk.sh" >/dev/null || echo "tools: a JDK of 22 or newer is not among this system's packages: install one, and set JAVA_HOME to its folder"
fi
