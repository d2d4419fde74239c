"""Prints the words that scripts/mkiso.sh adds to the kernel's command line, so that the machine that boots the ISO can say what
it measured: commit=<40 digits, with a + when the tree is not as committed> image=<hash> nasm=<version>. They are no part of
the image itself, whose bytes do not change with the commit.
"""
from pathlib import Path

from scripts.base.common import ROOT, make_parser, run_main
from scripts.machine import hostinfo
from scripts.source.image import built_image


def words(build):
    image = built_image(build)
    image.check()
    commit, dirty = hostinfo.commit()
    return f"commit={commit}{'+' if dirty else ''} image={image.sha256()} nasm={hostinfo.nasm()}"


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="default: build")
    print(words(parser.parse_args(arguments).build))
    return 0


if __name__ == "__main__":
    run_main(main)
