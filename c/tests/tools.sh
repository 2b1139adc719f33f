#!/bin/sh
# Installs on Debian and Ubuntu, as root, what the tests of this package use where it is there: without one of them a test prints that it was skipped.
set -eu
apt-get update --quiet
apt-get install --quiet --yes --no-install-recommends gcc g++ clang pkg-config cmake make valgrind
