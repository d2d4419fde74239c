#!/bin/sh
# Makes an ISO that boots by BIOS and by UEFI, from a disc or a USB stick; --help says more.
set -eu

usage() {
    cat <<'TEXT'
usage: scripts/mkiso.sh [--cmdline "words"] [--screen MODES] [--font FILE] [--no-menu] [--before COMMAND]
                        [--output FILE] [--build DIR]

Makes build/baton.iso from build/baton.elf and the programs in build/user, root.elf first. The menu has an entry
with the fast paths on and one with them off; the words of --cmdline are in both, and its fastpath=off makes
the second the default. Both also have what the image is (scripts/build/origin.py), which every record needs. The menu waits 3
seconds; with --no-menu the default entry boots at once.

The results are shown on the screen, too. --screen is a list of modes, the first that the machine has is taken: width,
height and bits a pixel, as in 1280x1024x32,1024x768x32 (with which the default begins), or text: no graphics at all, only
the serial port. The menu's third entry is that, for a machine whose graphics do not work. --font: what the results
are written in, a font of GRUB's format with characters of one width (default: /usr/share/grub/ascii.pf2; grub-mkfont
makes others).

--before: a command that GRUB executes before it loads the kernel, such as "wrmsr 0x1b 0xfee00d00": what some
firmware leaves behind, for tests.

Exit code: 0 made, 1 failed (an earlier ISO is as it was), 2 wrong options.
TEXT
}

die() { # exit code, text
    echo "baton: $2" >&2
    exit "$1"
}

root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build
output=
cmdline=
before=
timeout=3
grub_font=/usr/share/grub/ascii.pf2
font=$grub_font
screen=1280x1024x32,1024x768x32,1280x1024x24,1024x768x24,1280x1024x16,1024x768x16
screen=$screen,800x600x32,800x600x24,800x600x16,640x480x32,640x480x24,640x480x16
while [ $# -gt 0 ]; do
    case $1 in
    --help | -h) usage && exit 0 ;;
    --no-menu) timeout=0 ;;
    --cmdline | --output | --build | --screen | --font | --before)
        [ $# -ge 2 ] || die 2 "$1 needs a value; do: scripts/mkiso.sh --help"
        case $1 in
        --cmdline) cmdline=$2 ;;
        --output) output=$2 ;;
        --build) build=$2 ;;
        --screen) screen=$2 ;;
        --before) before=$2 ;;
        --font) font=$2 ;;
        esac
        shift
        ;;
    *) die 2 "there is no option '$1'; do: scripts/mkiso.sh --help" ;;
    esac
    shift
done
output=${output:-$build/baton.iso}

# GRUB puts backslashes before these when it hands the words to the kernel.
case $cmdline in
*[\'\"\\]*) die 2 "--cmdline may not have quotes or backslashes; do: scripts/mkiso.sh --help" ;;
esac
# Each with its bits per pixel: otherwise GRUB may choose a mode of 8 bits, with which it damages its own memory (GRUB 2.06).
mode='(text|[0-9]+x[0-9]+x(15|16|24|32))'
if [ "${screen#*
}" != "$screen" ] || ! echo "$screen" | grep -Eqx "$mode(,$mode)*"; then
    die 2 "--screen '$screen' is no list such as 1024x768x32,800x600x24,text; do: scripts/mkiso.sh --help"
fi
command -v grub-mkrescue >/dev/null 2>&1 || die 1 "grub-mkrescue is not installed; do: scripts/setup.sh run"
if [ ! -f "$font" ]; then
    [ "$font" = "$grub_font" ] || die 1 "the font $font is missing; do: give another by --font"
    echo "baton: $font is missing, so nothing will be on the screen; do: give a font by --font (grub-mkfont makes one)" >&2
    font=
fi
for file in "$build/baton.elf" "$build/user/root.elf"; do
    [ -f "$file" ] || die 1 "$file is missing; do: make"
done

tree=$(mktemp -d "${TMPDIR:-/tmp}/baton-iso.XXXXXX")
trap 'rm -rf "$tree"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

origin=$(PYTHONPATH=$root python3 -m scripts.build.origin --build "$build") || exit 1

# The words without fastpath=, each in quotes, so that GRUB expands no * in them.
default=0
words=
set -f
for word in $cmdline $origin; do
    case $word in
    fastpath=off) default=1 ;;
    fastpath=*) default=0 ;;
    *) words="$words '$word'" ;;
    esac
done
set +f
# The kernel keeps 255 characters. Each word has two quotes here, which do not travel.
all="fastpath=off $cmdline $origin"
[ ${#all} -le 255 ] || die 2 "--cmdline is longer than $((255 - ${#all} + ${#cmdline})) characters"

entry() { # fast paths on or off, graphics modes, what to add to the name
    echo "menuentry 'Baton, fast paths $1$3' {"
    [ -z "$before" ] || echo "    $before"
    echo "    multiboot2 /boot/baton.elf fastpath=$1$words"
    for module in root $others; do
        echo "    module2 /boot/$module.elf $module"
    done
    [ -z "$font" ] || echo "    module2 /boot/font.pf2 font"
    # Behind multiboot2, which sets it as the kernel's header says.
    echo "    set gfxpayload=$2"
    echo "    boot"
    echo "}"
}

configuration() {
    cat <<TEXT
set timeout=$timeout
set default=$default
if serial --unit=0 --speed=115200; then
    terminal_input --append serial
    terminal_output --append serial
fi
insmod all_video
TEXT
    entry on "$screen" ""
    entry off "$screen" ""
    entry on text ", serial port only"
}

others=
mkdir -p "$tree/iso/boot/grub"
cp "$build/baton.elf" "$build"/user/*.elf "$tree/iso/boot/"
[ -z "$font" ] || cp "$font" "$tree/iso/boot/font.pf2"
for file in "$build"/user/*.elf; do
    module=$(basename "$file" .elf)
    [ "$module" = root ] || others="$others $module"
done
configuration >"$tree/iso/boot/grub/grub.cfg"

if ! grub-mkrescue -o "$tree/new.iso" "$tree/iso" >"$tree/log" 2>&1; then
    sed 's/^/  /' "$tree/log" >&2
    die 1 "grub-mkrescue failed; do: scripts/setup.sh run"
fi
# What a link names is replaced, not the link; what is no ordinary file, such as a pipe, is written to.
put() {
    if [ -e "$output" ] && [ ! -f "$output" ]; then
        cat "$tree/new.iso" >"$output"
    else
        target=$(readlink -m "$output")
        new=$target.new.$$
        cp "$tree/new.iso" "$new" && mv "$new" "$target"
    fi
}
new=
if ! put 2>"$tree/log"; then
    rm -f "$new"
    die 1 "cannot write $output: $(tail -n 1 "$tree/log")"
fi
echo "$output"
