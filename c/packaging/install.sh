#!/bin/sh
# Installs the C and C++ library on Linux:  [PREFIX=/usr/local] [LIBDIR=lib] [INCLUDEDIR=include] [DESTDIR=] sh c/packaging/install.sh target/release
#
# The argument is the folder in which `cargo build --release -p yuno-webhooks-c` left the libraries. LIBDIR and INCLUDEDIR are below PREFIX, such as
# lib/x86_64-linux-gnu: what is installed finds itself by where it lies, so that all of PREFIX may be moved. DESTDIR is put before it and known to nothing.
set -eu
umask 022

fail() {
    echo "install: $1" >&2
    exit 1
}

built=${1:?the folder of the built libraries}
here=$(cd "$(dirname "$0")" && pwd)
prefix=${PREFIX:-/usr/local}
libdir=${LIBDIR:-lib}
includedir=${INCLUDEDIR:-include}
prefix=${prefix%/}
libdir=${libdir#"$prefix"/}
includedir=${includedir#"$prefix"/}
libdir=${libdir%/}
includedir=${includedir%/}
root=${DESTDIR:-}$prefix

[ "$(uname -s)" = Linux ] || fail "only Linux has its library names and system libraries here"
case $prefix in /*) ;; *) fail "PREFIX is not absolute: $prefix" ;; esac
case $libdir/$includedir in /* | *//* | *..*) fail "LIBDIR and INCLUDEDIR must be below PREFIX" ;; esac
for file in libyuno_webhooks.so libyuno_webhooks.a; do
    [ -f "$built/$file" ] || fail "$built/$file is missing: cargo build --release -p yuno-webhooks-c"
done

# The header is the one place that has the release's number here, and the number is part of the names.
version=$(sed -n 's/^#define YUNO_WEBHOOKS_VERSION "\(.*\)"$/\1/p' "$here/../include/yuno_webhooks.h")
major=${version%%.*}
[ -n "$version" ] || fail "the header has no version"

# From a folder below PREFIX back to it.
up() {
    echo "$1" | sed 's/[^/][^/]*/../g'
}

fill() {
    sed -e "s|@VERSION@|$version|g" -e "s|@MAJOR@|$major|g" -e "s|@LIBDIR@|$libdir|g" -e "s|@INCLUDEDIR@|$includedir|g" -e "s|@UP@|$(up "$3")|g" "$here/$1" >"$2"
    chmod 644 "$2"
}

lib=$root/$libdir
include=$root/$includedir
licences=$root/share/licenses/yuno-webhooks
install -d "$lib/pkgconfig" "$lib/cmake/yuno-webhooks" "$include" "$licences"

install -m 644 "$here/../include/"*.h "$here/../include/"*.hpp "$include"
install -m 755 "$built/libyuno_webhooks.so" "$lib/libyuno_webhooks.so.$version"
ln -sf "libyuno_webhooks.so.$version" "$lib/libyuno_webhooks.so.$major"
ln -sf "libyuno_webhooks.so.$major" "$lib/libyuno_webhooks.so"
install -m 644 "$built/libyuno_webhooks.a" "$lib"
install -m 644 "$here/../../LICENSE-MIT" "$here/../../LICENSE-APACHE" "$licences"

fill yuno-webhooks.pc.in "$lib/pkgconfig/yuno-webhooks.pc" "$libdir/pkgconfig"
fill yuno-webhooks-config.cmake.in "$lib/cmake/yuno-webhooks/yuno-webhooks-config.cmake" "$libdir/cmake/yuno-webhooks"
fill yuno-webhooks-config-version.cmake.in "$lib/cmake/yuno-webhooks/yuno-webhooks-config-version.cmake" "$libdir/cmake/yuno-webhooks"
