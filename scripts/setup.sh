#!/bin/sh
# Installs what the project needs; --help says more.
set -eu

usage() {
    cat <<'TEXT'
usage: scripts/setup.sh [--check] [group...]

Installs what is missing of the groups (default: all but bochs, browser, network, others and release), by apt-get as root or through
sudo without a password. It touches nothing, and takes no time, when nothing is missing. --check only says what is missing.

  build   compiler, assembler and make: the kernel and the programs
  run     QEMU, and what makes an ISO
  test    what the tests need beyond that
  chart   gnuplot
  bochs   the second emulator, for make test-bochs
  browser a browser, for make test-report
  network curl, wrk and tshark, for make test-net
  others  the other compilers that components of others are built with, for make test-microkit
  release what makes a bare Debian or Ubuntu, for make test-release

Exit code: 0 all is there, 1 something is missing, 2 wrong options.
TEXT
}

# group, package, and what shows that it is there: a command, or a path. python3-setuptools: Ubuntu 24.04's python3-unicorn imports
# distutils, which its Python no longer has, without saying that it needs it.
PACKAGES='
build gcc                  gcc
build binutils             ld
build nasm                 nasm
build make                 make
build python3              python3
run   qemu-system-x86      qemu-system-x86_64
run   grub-common          grub-mkrescue
run   grub-pc-bin          /usr/lib/grub/i386-pc/multiboot2.mod
run   grub-efi-amd64-bin   /usr/lib/grub/x86_64-efi/multiboot2.mod
run   xorriso              xorriso
run   mtools               mformat
test  python3              python3
test  gcc                  gcc
test  libc6-dev            /usr/include/stdlib.h
test  g++                  g++
test  libunicorn-dev       /usr/include/unicorn/unicorn.h
test  python3-z3           /usr/lib/python3/dist-packages/z3
test  python3-capstone     /usr/lib/python3/dist-packages/capstone
test  ovmf                 /usr/share/ovmf/OVMF.fd
test  python3-unicorn      /usr/lib/python3/dist-packages/unicorn
test  gdb                  gdb
test  mtools               mcopy
test  dosfstools           /usr/sbin/fsck.fat
test  python3-setuptools   /usr/lib/python3/dist-packages/setuptools
test  shellcheck           shellcheck
test  python3-pyflakes     /usr/lib/python3/dist-packages/pyflakes
test  cppcheck             cppcheck
test  clang-format-19      clang-format-19
test  ccache               ccache
test  spin                 spin
test  tidy                 tidy
test  sqlite3              sqlite3
test  python3-jsonschema   /usr/lib/python3/dist-packages/jsonschema
test  python3-prometheus-client /usr/lib/python3/dist-packages/prometheus_client
chart python3              python3
chart gnuplot-nox          gnuplot
chart fonts-dejavu-core    /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
bochs bochs                bochs
bochs bochsbios            /usr/share/bochs/BIOS-bochs-latest
bochs vgabios              /usr/share/vgabios/vgabios.bin
bochs bochs-term           /usr/share/doc/bochs-term
browser chromium           chromium
network curl               curl
network wrk                wrk
network tshark             tshark
others clang               clang
others lld                 ld.lld
others llvm                llvm-ar
release python3            python3
release debootstrap        debootstrap
release git                git
'
GROUPS_KNOWN='build run test chart'

die() { # exit code, text
    echo "baton: $2" >&2
    exit "$1"
}

is_there() {
    case $1 in
    /*) [ -e "$1" ] ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

missing_packages() { # group...
    echo "$PACKAGES" | while read -r group package shows; do
        case " $* " in
        *" $group "*) is_there "$shows" || echo "$package" ;;
        esac
    done
}

missing_of() { # group...: on one line, each once
    missing_packages "$@" | sort -u | tr '\n' ' ' | sed 's/ $//'
}

# What runs a command as root: nothing, sudo, or a failure.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

can_be_root() {
    [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; }
}

apt_get() { # it waits for another one, and says so
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=-1 "$@" >&2
}

# What to type instead, which may ask for a password.
typed() { # command of root...
    if [ "$(id -u)" = 0 ]; then
        echo "$*"
    elif command -v sudo >/dev/null 2>&1; then
        echo "sudo sh -c '$*'"
    else
        echo "su -c '$*'"
    fi
}

install() { # package...
    # Who has to type a command types one for all verbs.
    # shellcheck disable=SC2046,SC2086 # lists of words
    command=$(typed "apt-get update && apt-get install -y --no-install-recommends" $(missing_of $GROUPS_KNOWN $groups))
    command -v apt-get >/dev/null 2>&1 ||
        die 1 "missing: $*, and there is no apt-get here; do: install the packages of those names for your system"
    can_be_root || die 1 "missing: $*, and installing needs root; do: $command"
    echo "setup: installing $*" >&2
    # An index that is old or incomplete may still do: what counts is whether the installation works.
    apt_get update || echo "setup: apt-get update failed; trying with the index that is there" >&2
    apt_get install --no-install-recommends "$@" && return
    # What was interrupted comes first; apt-get does nothing before.
    [ -z "$(dpkg --audit 2>/dev/null)" ] || command=$(typed dpkg --configure -a)
    die 1 "apt-get could not install $*; do: $command"
}

check_only=no
groups=
for word in "$@"; do
    case $word in
    --help | -h) usage && exit 0 ;;
    --check) check_only=yes ;;
    *)
        case $PACKAGES in
        *"
$word "*) groups="$groups $word" ;;
        *) die 2 "there is no group or option '$word'; do: scripts/setup.sh --help" ;;
        esac
        ;;
    esac
done

# shellcheck disable=SC2086 # a list of words
missing=$(missing_of ${groups:-$GROUPS_KNOWN})
[ -n "$missing" ] || exit 0
[ "$check_only" = no ] || die 1 "missing: $missing; do: scripts/setup.sh$groups"
# shellcheck disable=SC2086 # a list of words
install $missing
# shellcheck disable=SC2086 # a list of words
missing=$(missing_of ${groups:-$GROUPS_KNOWN})
[ -z "$missing" ] || die 1 "still missing after the installation: $missing; do: check PATH and the packages"
