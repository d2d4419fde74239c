#!/bin/sh
# Keeps results on a branch of their own; --help says more.
set -eu

usage() {
    cat <<'TEXT'
usage: scripts/keep.sh <branch> <message> <from> <to>

Puts the files below the directory <from> to <to> on a branch of origin that holds nothing but results, as one commit, and
pushes it. The branch begins where there is none; what is on it stays. Somebody else may push in the meantime: then it
begins again from what is there. The working tree, its index and its branch are left alone. Links are not followed.

Exit code: 0 it is there, 1 it is not, 2 wrong options.
TEXT
}

TRIES=8

die() { # exit code, text
    echo "baton: $2" >&2
    exit "$1"
}

case ${1-} in
--help | -h) usage && exit 0 ;;
esac
[ $# = 4 ] || die 2 "four words are needed; do: scripts/keep.sh --help"
branch=$1 message=$2 from=$3 to=$4
[ -d "$from" ] || die 1 "$from is no directory; do: measure first"

# As in scripts/source/plaingit.py: nothing that a user has configured, or a hook of git has set, changes what is kept.
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_CONFIG GIT_LITERAL_PATHSPECS GIT_GLOB_PATHSPECS GIT_NOGLOB_PATHSPECS GIT_ICASE_PATHSPECS
git() {
    command git --no-pager -c color.ui=false -c commit.gpgSign=false -c core.abbrev=auto -c core.autocrlf=false -c core.fsmonitor=false \
        -c core.hooksPath=/dev/null -c core.quotePath=true -c fetch.prune=false -c format.pretty=medium \
        -c i18n.commitEncoding=UTF-8 -c i18n.logOutputEncoding=UTF-8 -c log.abbrevCommit=false -c log.date=default \
        -c log.decorate=false -c log.follow=false -c log.showSignature=false -c push.followTags=false \
        -c push.gpgSign=false -c push.recurseSubmodules=no -c status.branch=false -c status.showUntrackedFiles=normal \
        -c submodule.recurse=false -c tag.gpgSign=false "$@"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GIT_INDEX_FILE="$work/index"
export GIT_AUTHOR_NAME="${GIT_AUTHOR_NAME:-github-actions[bot]}" GIT_COMMITTER_NAME="${GIT_COMMITTER_NAME:-github-actions[bot]}"
mail='41898282+github-actions[bot]@users.noreply.github.com'
export GIT_AUTHOR_EMAIL="${GIT_AUTHOR_EMAIL:-$mail}" GIT_COMMITTER_EMAIL="${GIT_COMMITTER_EMAIL:-$mail}"

# The commit at the branch's end, or nothing where there is no such branch.
tip() {
    status=0
    git ls-remote --exit-code origin "refs/heads/$branch" >"$work/tip" 2>"$work/said" || status=$?
    case $status in
    0)
        commit=$(cut -f 1 "$work/tip")
        git fetch -q --no-tags origin "$commit" 2>"$work/said" || die 1 "git fetch: $(tail -n 1 "$work/said")"
        echo "$commit"
        ;;
    2) ;;
    *) die 1 "git ls-remote: $(tail -n 1 "$work/said"); do: git remote -v" ;;
    esac
}

add_files() {
    find "$from" -type f >"$work/files"
    while IFS= read -r file; do
        blob=$(git hash-object -w --no-filters "$file")
        git update-index --add --cacheinfo "100644,$blob,$to/${file#"$from"/}"
    done <"$work/files"
}

try=1
while [ "$try" -le "$TRIES" ]; do
    parent=$(tip)
    rm -f "$GIT_INDEX_FILE"
    [ -z "$parent" ] || git read-tree "$parent"
    add_files
    tree=$(git write-tree)
    if [ -n "$parent" ] && [ "$tree" = "$(git rev-parse "$parent^{tree}")" ]; then
        echo "$branch has it already"
        exit 0
    fi
    # shellcheck disable=SC2086 # none, or an option and its value
    commit=$(git commit-tree "$tree" ${parent:+-p $parent} -m "$message")
    # Only onto the very commit that this one begins from.
    if git push -q --force-with-lease="refs/heads/$branch:$parent" origin "$commit:refs/heads/$branch" 2>"$work/said"; then
        echo "$branch: $message"
        exit 0
    fi
    sleep "$try"
    try=$((try + 1))
done
die 1 "cannot push to $branch: $(tail -n 1 "$work/said")"
