#!/bin/sh
# gcc, which compiles nothing again that it has compiled before: for tests that build the same sources in one tree after another. What
# an object was made from is looked at, byte for byte: the words, and all files that the compiler's list (.d) names, by their paths
# below the working directory. REAL_CC: the compiler. OBJECTS: the directory where objects are kept.
set -eu

case " $* " in
*" -MMD "*" -c "*" -o build/"*.o\ ) ;;
*) exec "$REAL_CC" "$@" ;;
esac
for object in "$@"; do :; done # the last word
kept=$OBJECTS/$object
words=$*

# Of the words, and the contents of these files.
sum() {
    { echo "$words" && cat "$@" 2>/dev/null; } | sha256sum
}

# As few programs as possible are started: they take as long as what they save.
if [ -f "$kept/sum" ]; then
    read -r files <"$kept/files"
    read -r was <"$kept/sum"
    # shellcheck disable=SC2086 # words
    if [ "$(sum $files)" = "$was" ]; then
        exec cp "$kept"/made/* "${object%/*}"
    fi
    rm -r "$kept"
fi
"$REAL_CC" "$@"
mkdir -p "$kept/made"
for kind in o d ci; do
    [ ! -f "${object%.o}.$kind" ] || cp "${object%.o}.$kind" "$kept/made"
done
# What stands behind the object's name and its colon, to the end of that rule.
files=$(sed -e '/[^\\]$/q' "${object%.o}.d" | sed -e '1s/^[^:]*://' -e 's/\\$//' | tr '\n' ' ')
echo "$files" >"$kept/files"
# shellcheck disable=SC2086 # words
sum $files >"$kept/sum"
