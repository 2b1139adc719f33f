#!/bin/sh
# Prints the folder of a JDK of 22 or newer, the first whose interface to C is final; fails where there is none.
on_path=$(readlink -f "$(command -v javac)")
for folder in "$JAVA_HOME" $(env | sed -n 's/^JAVA_HOME_[0-9]*_[A-Z0-9]*=//p') /usr/lib/jvm/* "${on_path%/bin/javac}"; do
    [ -x "$folder/bin/javac" ] || continue
    release=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$folder/release" 2>/dev/null)
    if [ "${release:-0}" -ge 22 ]; then
        echo "$folder"
        exit 0
    fi
done
exit 1
