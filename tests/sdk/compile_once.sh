#!/bin/sh
# gcc, which compiles nothing again that it has compiled before in the same run of the tests: each of their systems is built with the same
# services, in a folder of its own. BATON_OBJECTS: the directory where objects are kept, which goes with the run (tests/runner/steps.py).
# One is taken where the words, but for the object's path, and the working directory are the same, and no file that the compiler read has
# changed since. As few programs as possible are started: they take as long as what they save.
set -u

compile() {
    exec gcc "$@"
}

case " $* " in
*" -MMD -MP"*" -c "*" -o "*.o\ ) ;;
*) compile "$@" ;;
esac
[ -d "$BATON_OBJECTS" ] || compile "$@"
for object in "$@"; do :; done # the last word
words=$*
words=${words%"$object"}
source=${words##* -c }
source=${source%% *}
name=${object##*/}
list=${object%.o}.d
kept=$BATON_OBJECTS$PWD/$source.${#words}

# Is what is kept what these words make now?
holds() {
    [ -f "$kept/words" ] && [ -f "$kept/$name" ] || return 1
    IFS= read -r was <"$kept/words"
    [ "$was" = "$words" ] || return 1
    read -r files <"$kept/files"
    for file in $files; do
        # shellcheck disable=SC3013 # Debian's sh knows it
        if [ ! -f "$file" ] || [ "$file" -nt "$kept/begun" ]; then
            return 1
        fi
    done
}

if holds; then
    # The list begins with the object's name.
    {
        IFS= read -r first
        printf '%s:%s\n' "$object" "${first#*:}"
        cat
    } <"$kept/${name%.o}.d" >"$list" && cp "$kept/$name" "$object" && exit 0
fi

made=$BATON_OBJECTS/new.$$
[ -d "$kept" ] || mkdir -p "$made" "${kept%/*}"
[ -d "$kept" ] || : >"$made/begun" # before the compiler reads anything
gcc "$@" || exit
[ -d "$made" ] || exit 0
files=
while read -r line; do
    files="$files ${line%\\}"
    case $line in *\\) ;; *) break ;; esac
done <"$list"
echo "${files#*:}" >"$made/files"
echo "$words" >"$made/words"
cp "$list" "$object" "$made" && mv -T "$made" "$kept" 2>/dev/null # unless another was faster
exit 0
