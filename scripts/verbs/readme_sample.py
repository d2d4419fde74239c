"""Writes the run that README.md shows: some rows of results/baseline/tcg.json. `make baseline` calls it. Exit code: 0 written, or with
--check as it is; 1 not so.
"""
from scripts.base.common import ROOT, BatonError, make_parser, run_main
from scripts.records import peers, record
from scripts.show import sample

README = ROOT / "README.md"


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether it is as it should be")
    options = parser.parse_args(arguments)
    text = README.read_text(encoding="utf-8")
    try:
        wanted = sample.replaced(text, record.read(record.baseline_path(record.RESULTS, "tcg")), peers.read())
    except ValueError as error:
        raise BatonError("README.md lacks the words around the run that it shows (scripts/show/sample.py)", "put them back") from error
    if options.check and wanted != text:
        raise BatonError("README.md shows another run than the baseline", "python3 -m scripts.verbs.readme_sample, and commit it")
    if wanted != text:
        record.replace_file(README, wanted.encode())
    return 0


if __name__ == "__main__":
    run_main(main)
