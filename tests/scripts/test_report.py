"""The report: one page that is whole by itself, with every benchmark, one unit a chart; and, where there is a browser, that it fits
a phone and is dark in the dark."""
import json
import random
import re
import shutil
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from scripts.base import patience
from scripts.judge import sides as judge_sides
from scripts.records import footprint_record, record
from scripts.show import page
from scripts.verbs import compare
from tests.scripts import support
from tests.scripts.support import OFF, ON, make_record

NAMES = {**ON, **OFF, "ipc.round_trip/cross/fast/8w": 83, "cap.revoke/1": 30, "cap.revoke/10": 150, "cap.revoke/100": 1300,
         "object.retype/extended_state": 886}
VOID = {"meta", "br", "hr", "img", "input", "link"}
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
AXE = next(iter(sorted(Path.home().glob(".cache/baton/axe-core/axe.min.js"))), None)  # how it comes there: tests/README.md


class Page(HTMLParser):
    """Raises AssertionError where tags are not nested properly; collects what the tests ask about."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.charts, self.words, self.attributes = [], [], [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, name, attributes):
        table = dict(attributes)
        assert len(table) == len(attributes), f"an attribute of <{name}> is there twice"
        self.attributes += [(name, k, v) for k, v in attributes]
        self.ids += [table["id"]] if "id" in table else []
        self.links += [table["href"]] if "href" in table else []
        if name == "svg" and "role" in table:
            self.charts.append([table["aria-label"], ""])
        if name not in VOID:
            self.open.append(name)

    def handle_startendtag(self, name, attributes):
        self.handle_starttag(name, attributes)
        if name not in VOID:
            self.open.pop()

    def handle_endtag(self, name):
        assert self.open and self.open[-1] == name, f"</{name}> closes <{self.open[-1:]}>"
        self.open.pop()

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)
        if "svg" in self.open and self.charts:
            self.charts[-1][1] += data + " "


class Recorded(support.Workspace):
    def report(self, *arguments):
        done = self.run_script("verbs.report", "--results", self.results, *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return (self.results / "report.html").read_text(encoding="utf-8")

    def record_runs(self, *backends, count=3):
        for backend in backends:
            for i in range(count):
                run = make_record({k: v + i for k, v in NAMES.items()}, backend, number=i)
                for b in run["benchmarks"]:
                    b["samples"] = [b["min"], b["median"], b["max"]]
                record.save(self.results, run)


    def record_comparison(self, boots=20):
        """Nine of twenty new boots are twice as slow in one of four benchmarks."""
        rng, sides = random.Random(1), []
        for side in "ab":
            side = compare.Side(side, side * 40, image=None)
            for i in range(boots):
                slow = "cap.lookup/1" if side.name == "b" and i < 9 else None
                side.add([{"id": b, "median": round(m * 10 * rng.gauss(1, 0.004)) * (2 if b == slow else 1), "min": m}
                          for b, m in ON.items()])
            sides.append(side)
        options = SimpleNamespace(only="*", samples=10)
        with mock.patch("scripts.machine.hostinfo.describe", dict):
            made = compare._as_record(options, "kvm", dict(zip(("old", "new"), sides)), judge_sides.judged("kvm", *sides))
        return compare._save(self.results, made)


class Report(Recorded):
    def test_it_is_well_formed_and_whole_by_itself(self):
        self.record_runs("tcg", "kvm")
        text = self.report()
        found = Page(text)
        self.assertEqual(len(found.ids), len(set(found.ids)), "an id is there twice")
        outside = {link for link in found.links if re.fullmatch(r"https://\S+/commit/[0-9a-f]{40}", link)}  # for who follows one
        for link in set(found.links) - outside:
            self.assertEqual((link[0], link[1:] in found.ids), ("#", True), link)
        for link in outside:
            text = text.replace(f'href="{link}"', "")
        found = Page(text)
        names = {name for name, _, _ in found.attributes} | set(re.findall(r"<(\w+)", text))
        self.assertFalse(names & {"script", "link", "img", "iframe", "object", "embed", "video", "audio", "source", "base", "image"})
        for name, key, value in found.attributes:
            self.assertNotIn(key, {"src", "srcset", "data", "action", "background", "ping"}, name)
            self.assertFalse(key.startswith("on"), key)
            self.assertNotRegex(value or "", r"(?i)//|url\(", f"{name} {key}")
        self.assertNotRegex(text, r"(?i)https?:|@import|url\(|file:")

    @support.unittest.skipUnless(shutil.which("tidy"), "there is no tidy (scripts/setup.sh test)")
    def test_tidy_has_no_complaint(self):
        self.record_runs("tcg", "kvm")
        self.record_comparison()
        self.report()
        done = patience.run(["tidy", "-quiet", "-errors", "--drop-empty-elements", "no", str(self.results / "report.html")],
                            capture_output=True, encoding="utf-8")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_every_benchmark_has_its_numbers_and_its_chart(self):
        self.record_runs("tcg")
        found = Page(self.report())
        words = " ".join(found.words)
        for benchmark, median in NAMES.items():
            shown = "/".join(p for p in benchmark.split("/") if p not in ("fast", "slow"))
            self.assertIn(shown, words)
            self.assertTrue(any(label == f"{benchmark}: {median + 2} instructions" for label, _ in found.charts), benchmark)
            self.assertTrue(any(label.startswith(f"{benchmark}: samples") for label, _ in found.charts), benchmark)

    def test_no_chart_has_two_units(self):
        self.record_runs("tcg", "kvm")
        found = Page(self.report())
        units = [{u for u in ("instructions", "cycles") if u in label + text} for label, text in found.charts]
        self.assertIn({"cycles"}, units)
        self.assertIn({"instructions"}, units)
        for (label, _), of_chart in zip(found.charts, units):
            self.assertEqual(len(of_chart), 1, label)

    def test_the_last_comparison_with_its_boots(self):
        self.record_runs("kvm")
        self.record_comparison()
        found = Page(self.report())
        words = " ".join(found.words)
        self.assertIn("compared-kvm", found.ids)
        self.assertIn("4 compared: 1 worse, 3 same", words)
        self.assertRegex(words, r"slow boots \(\+\d+\.\d+ %\): 0 -> 9 of 20")
        strips = [label for label, _ in found.charts if label.endswith(": boots")]
        self.assertEqual(strips[0], "cap.lookup/1: boots")
        self.assertEqual(len(strips), len(ON))
        self.assertGreaterEqual(sum(name == "circle" for name, key, _ in found.attributes if key == "cx"), 40 * len(ON))

    def test_a_comparison_that_is_damaged_is_named(self):
        self.record_runs("kvm")
        path = self.record_comparison()
        whole = json.loads(path.read_text(encoding="utf-8"))
        wrong = (("differences", [{}]), ("backend", "tcg"), ("old", {**whole["old"], "commit": "HEAD"}),
                 ("new", {**whole["new"], "boots": [{"cap.copy": {"median": "x", "min": 1}}]}))
        for text, why in (("{", "not JSON"), ('{"schema": "x"}', "schema"), ('{"schema": "baton-compare/1"}', "backend"),
                          *((json.dumps({**whole, key: value}), "") for key, value in wrong)):
            path.write_text(text, encoding="utf-8")
            self.assert_error(self.run_script("verbs.report", "--results", self.results), 1, path.name, why)

    def test_what_is_shown_is_escaped(self):
        run = make_record()
        run["host"]["cpu_model"] = "<script>alert('&')</script>"
        record.save(self.results, run)
        text = self.report()
        self.assertNotIn("<script", text)
        self.assertIn("&lt;script&gt;", text)
        Page(text)

    def test_the_gates_verdict(self):
        self.record_runs("tcg")
        path = record.baseline_path(self.results, "tcg")
        last = record.read(record.latest_path(self.results, "tcg"))
        record.replace_file(path, record.dump(last))
        self.assertIn("is the committed baseline", self.report())
        record.replace_file(path, record.dump({**last, "date": "2025-01-01T00:00:00Z"}))
        self.assertIn("Gate passes", self.report())
        last["benchmarks"][0].update({k: last["benchmarks"][0][k] - 1 for k in ("min", "q1", "median")})
        record.replace_file(path, record.dump({**last, "date": "2025-01-01T00:00:00Z"}))
        text = self.report()
        self.assertIn("Gate fails: 2 numbers of benchmarks grew", text)
        self.assertNotIn("Gate passes", text)
        last["benchmarks"][0].update({k: last["benchmarks"][0][k] + 2 for k in ("min", "q1", "median", "q3", "p99", "mean")})
        record.replace_file(path, record.dump({**last, "date": "2025-01-01T00:00:00Z"}))
        self.assertIn("Gate fails: 2 numbers of benchmarks fell", self.report())

    def test_a_footprint_counts_only_at_the_runs_commit(self):
        self.record_runs("tcg")
        last = record.read(record.latest_path(self.results, "tcg"))
        record.replace_file(record.baseline_path(self.results, "tcg"), record.dump({**last, "date": "2025-01-01T00:00:00Z"}))
        old = footprint_record.read(support.ROOT / "results/baseline/footprint.json")
        record.replace_file(footprint_record.baseline_path(self.results), footprint_record.dump(old))
        worse = {**old, "dirty": False, "paths": [{**p, "stores": p["stores"] + 1} for p in old["paths"]]}
        record.replace_file(footprint_record.latest_path(self.results), footprint_record.dump(worse))
        self.assertIn("Gate passes", self.report())
        record.replace_file(footprint_record.latest_path(self.results), footprint_record.dump({**worse, "commit": last["commit"]}))
        self.assertIn(f"Gate fails: {len(old['paths'])} numbers of paths grew", self.report())

    def test_what_has_changed_since_the_run_before(self):
        self.record_runs("tcg")
        self.assertIn(f"{len(NAMES)} medians differ", self.report())
        cells = r'median</td><td class="n">55</td><td class="n">56</td>'
        self.assertRegex(self.report(), rf'syscall\.null</a></td><td class="wide">{cells}')

    def test_under_which_conditions_cycles_were_measured(self):
        told = {"cpu": 3, "isolated": False, "findings": ["turbo is on; do: this"], "thrown_away": 2, "disturbed": True, "taken": 0.3,
                "switches": 9}
        run = make_record(NAMES, "kvm", clock={"cycle_ticks": 0.5, "tick_cost": 9000}, conditions=told)
        run["host"]["tsc_hz"] = 2_000_000_000
        run["benchmarks"][0].update(rejected=4, rejected_max=70000)
        record.save(self.results, run)
        words = " ".join(Page(self.report()).words)
        for part in ("TSC 2000 MHz, core 4000 MHz", "on CPU 3; other programs had its CPU for 30.00%", "taken again: 4 that",
                     "on a busy host", "turbo is on; do: this"):
            self.assertIn(part, words)

    def test_peers_with_their_source(self):
        self.record_runs("tcg")
        text = self.report()
        self.assertRegex(text, r"seL4</td><td class=\"n\">408</td><td class=\"n\">4\.8x</td>")
        self.assertIn("measured for Baton", text)

    def test_the_footprint(self):
        self.record_runs("tcg")
        shutil.copy(support.ROOT / "results/baseline/footprint.json", footprint_record.latest_path(self.results))
        text = self.report()
        Page(text)
        for path in footprint_record.read(footprint_record.latest_path(self.results))["paths"]:
            self.assertIn(path["id"], text)
        ours = footprint_record.by_id(footprint_record.read(footprint_record.latest_path(self.results)))
        both = sum(ours[f"ipc.{way}/cross/fast"]["instructions"] for way in ("call", "reply_recv"))
        self.assertRegex(text, rf'{both}</td><td>Pistachio</td><td class="n">146</td><td class="n">{146 / both:.1f}x')

    def test_nothing_recorded(self):
        self.assert_error(self.run_script("verbs.report", "--results", self.results), 1, "nothing was recorded", "make bench")

    def test_a_damaged_baseline_is_named(self):
        self.record_runs("tcg")
        record.replace_file(record.baseline_path(self.results, "tcg"), b"{")
        self.assert_error(self.run_script("verbs.report", "--results", self.results), 1, "baseline/tcg.json:1:2")

    def test_escaping_of_parts(self):
        self.assertEqual(page.tag("p", "<&", page.Raw("<b>")), "<p>&lt;&amp;<b></p>")


# Puts the report into a frame of a phone's width and writes into its own title what the browser laid out.
FRAME = """<!doctype html><title>?</title><iframe src="report.html" style="width:%dpx;height:800px;border:0"></iframe><script>
document.querySelector("iframe").onload = e => {
  const d = e.target.contentDocument, w = e.target.contentWindow, style = w.getComputedStyle(d.body);
  d.querySelectorAll("details").forEach(one => one.open = true);
  const scale = s => s.getBoundingClientRect().width / s.viewBox.baseVal.width;
  const texts = [...d.querySelectorAll("figure svg text")].map(t => parseFloat(w.getComputedStyle(t).fontSize) * scale(t.ownerSVGElement));
  document.title = JSON.stringify({width: d.documentElement.scrollWidth, paper: style.backgroundColor, ink: style.color,
    cut: Math.max(0, ...[...d.querySelectorAll("[id^=compared] .scroll")].map(e => e.scrollWidth - e.clientWidth)),
    tallest: Math.max(...[...d.querySelectorAll(".bench > summary")].map(e => e.getBoundingClientRect().height)),
    charts: d.querySelectorAll("figure svg").length, smallest: Math.min(...texts)});
};
</script>"""


# Several pages with axe-core in them, one after the other: what it finds in each.
AUDIT = """<!doctype html><title>?</title><script>
const pages = %s, found = {};
const look = ([name, width]) => new Promise(done => {
  const frame = document.createElement("iframe");
  frame.style = `width:${width}px;height:800px;border:0`;
  frame.onload = () => {
    frame.contentDocument.querySelectorAll("details").forEach(one => one.open = true);
    frame.contentWindow.axe.run(frame.contentDocument, {resultTypes: ["violations"]}).then(result => {
      found[name] = result.violations.map(v => v.id + ": " + v.nodes.length + ", " + v.nodes[0].html.slice(0, 150));
      frame.remove();
      done();
    });
  };
  frame.src = name + ".html";
  document.documentElement.append(frame);
});
pages.reduce((before, page) => before.then(() => look(page)), Promise.resolve()).then(() => document.title = JSON.stringify(found));
</script>"""
DARK = ("--force-dark-mode", "--blink-settings=preferredColorScheme=0")


@support.unittest.skipUnless(BROWSER, "there is no chromium (make test-report installs it)")
class InBrowser(Recorded):
    def told(self, page, *options):
        """What a page says in its title, as JSON."""
        (self.results / "frame.html").write_text(page, encoding="utf-8")
        done = patience.run([BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
                               f"--user-data-dir={self.dir / 'browser'}", "--virtual-time-budget=60000", *options, "--dump-dom",
                               (self.results / "frame.html").as_uri()], capture_output=True, encoding="utf-8")
        title = re.search(r"<title>(.*?)</title>", done.stdout)
        self.assertTrue(title and title[1] != "?", done.stderr[-500:])
        return json.loads(unescape(title[1]))

    def laid_out(self, width, *options):
        return self.told(FRAME % width, *options)

    @support.unittest.skipUnless(AXE, "there is no axe-core (tests/README.md says how it comes)")
    def test_axe_finds_nothing(self):
        """Wide, in the dark, on a phone, and as it is printed; and what it is for it does find."""
        self.record_runs("tcg", "kvm", count=1)
        self.record_comparison()
        shutil.copy(support.ROOT / "results/baseline/footprint.json", footprint_record.latest_path(self.results))
        text = self.report().replace("</body>", f"<script>{AXE.read_text(encoding='utf-8')}</script></body>")
        pages = {"wide": (1200, text), "phone": (390, text), "print": (800, text.replace("@media print", "@media all")),
                 "dark": (1200, text.replace("@media (prefers-color-scheme: dark)", "@media all")),
                 "wrong": (1200, text.replace("<h1>", '<h1><span style="color:#ccc">pale</span>', 1))}
        for name, (_, made) in pages.items():
            (self.results / f"{name}.html").write_text(made, encoding="utf-8")
        found = self.told(AUDIT % json.dumps([[name, width] for name, (width, _) in pages.items()]))
        self.assertRegex("".join(found.pop("wrong")), "^color-contrast: 1, ")
        self.assertEqual(found, {name: [] for name in pages if name != "wrong"})

    def test_it_fits_a_phone(self):
        self.record_runs("tcg", "kvm")
        self.record_comparison()
        self.report()
        phone = self.laid_out(390)
        self.assertLessEqual(phone["width"], 390)
        self.assertEqual(phone["cut"], 0, "the dots of the boots do not fit")
        self.assertGreater(phone["charts"], 2 * len(NAMES))
        self.assertGreaterEqual(phone["smallest"], 10.9, "text of a chart, in pixels")

    def test_it_fits_paper_and_a_tablet(self):
        """No column of the list is squeezed to nothing, or pushed out."""
        self.record_runs("tcg")
        self.report()
        for width in (700, 800, 1160):
            found = self.laid_out(width)
            self.assertLessEqual(found["width"], width)
            self.assertLess(found["tallest"], 120, f"{width} pixels wide, the highest line of the list")

    def test_light_and_dark(self):
        self.record_runs("tcg")
        self.report()
        light, dark = self.laid_out(1200), self.laid_out(1200, *DARK)
        self.assertEqual((light["paper"], dark["paper"]), ("rgb(255, 255, 255)", "rgb(20, 23, 27)"))
        self.assertNotEqual(light["ink"], dark["ink"])
