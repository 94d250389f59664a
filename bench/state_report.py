#!/usr/bin/env python3
"""Runs perseid-state-bench and writes what it found as JSON, Markdown and a chart.

  bench/state_report.py                    three seeds, a minute of each scene: some five minutes
  bench/state_report.py --seconds 5        quick; anything it does not know goes to the program
  bench/state_report.py --from FILE        only writes again what is in FILE (an earlier JSON)
"""
import argparse
import html
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import report  # noqa: E402

TITLES = {
    "cubes": "901 cubes, 60 frames a second",
    "players": "100 players, 20 frames a second",
    "players-late": "100 players, a tenth of the updates a tick late",
    "football": "22 footballers and a ball, 20 frames a second",
}
OURS = "Perseid"
STRICT = "Perseid, a stream of every sixth frame"
CUT = 1.2
SCALE = "JSON, changed fields"  # fills the width; what is longer is cut, and marked
BAR_WIDTH, ROW_HEIGHT, LABEL_WIDTH = 420, 22, 300
STYLE = """
text{fill:#24292f}.note{fill:#6e7781;font-size:11px}.title{font-weight:bold}
.label{text-anchor:end}.ours{fill:#1f6feb}.other{fill:#a9b4c2}.back{fill:#fff}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.note{fill:#8b949e}.ours{fill:#58a6ff}
.other{fill:#57606a}.back{fill:#0d1117}}"""


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def scenes_of(data):
    """Runs by scene, in the order in which they were made."""
    scenes = {}
    for run in data["runs"]:
        scenes.setdefault(run["scene"], []).append(run)
    return scenes


def rows_of(runs):
    """One row per coder: means over the seeds, and how far these lie apart."""
    rows = []
    for figures in zip(*(run["figures"] for run in runs)):
        row = {key: mean(f[key] for f in figures) for key in figures[0]
               if key not in ("coder", "distance", "frames")}
        row["coder"], row["distance"] = figures[0]["coder"], figures[0]["distance"]
        row["least"] = min(f["bytes_mean"] for f in figures)
        row["most"] = max(f["bytes_mean"] for f in figures)
        rows.append(row)
    return rows


def baseline(distance):
    return {0: "none", 1: "1 frame before"}.get(distance, f"{distance} frames before")


def activity_lines(runs):
    lines = ["| seed | recording | differ from 1 frame before: mean | median | most "
             "| from 6 before: mean | median | most |", "|--:|---|--:|--:|--:|--:|--:|--:|"]
    for run in runs:
        cells = [f"{a[key]:.1%}" for a in run["activity"] for key in ("mean", "median", "max")]
        lines.append(f"| {run['seed']} | {run['hash'] or '-'} | " + " | ".join(cells) + " |")
    return lines


def table_lines(runs):
    lines = ["| coder | baseline | bytes a tick | by seed | p95 | first frame "
             "| encode | decode |", "|---|---|--:|--:|--:|--:|--:|--:|"]
    for row in rows_of(runs):
        name = f"**{row['coder']}**" if row["coder"].startswith(OURS) else row["coder"]
        lines.append(
            f"| {name} | {baseline(row['distance'])} | {row['bytes_mean']:,.0f} "
            f"| {row['least']:,.0f} to {row['most']:,.0f} | {row['bytes_p95']:,.0f} "
            f"| {row['bytes_first']:,.0f} | {row['encode_us_mean']:,.1f} µs "
            f"| {row['decode_us_mean']:,.1f} µs |")
    return lines


def find(scenes, scene, distance, coder=OURS):
    rows = rows_of(scenes.get(scene, []))
    return next((r for r in rows if r["coder"] == coder and r["distance"] == distance), None)


def promise_lines(scenes):
    lines = ["| expectation | wanted | found | |", "|---|--:|--:|---|"]

    def add(text, wanted, found, unit):
        verdict = "met" if found <= wanted else "missed"
        lines.append(f"| {text} | ≤ {wanted} {unit} | {found:,.0f} {unit} | {verdict} |")

    strict = find(scenes, "cubes", 6, STRICT)
    far, near = find(scenes, "cubes", 6), find(scenes, "players", 1)
    if far:
        add("cubes, six frames before, mean of the seeds", 300, far["bytes_mean"], "bytes")
        add("the same, the worst seed", 300, far["most"], "bytes")
        if strict:
            add("the same, mean, nothing learnt from the frames between", 300,
                strict["bytes_mean"], "bytes")
        add("the same, encoding a frame", 150, far["encode_us_mean"], "µs")
        add("the same, decoding a frame", 150, far["decode_us_mean"], "µs")
    if near:
        add("100 players, one frame before", 250, near["bytes_mean"], "bytes")
    return lines if len(lines) > 2 else []


def markdown(data):
    scenes, machine = scenes_of(data), data["machine"]
    lines = ["# What a tick of game state costs", "",
             "Made by `bench/state_report.py`; what the scenes and the coders are is in "
             "[bench/README.md](../README.md).", "",
             f"- {machine['date']}, commit {machine['commit'] or 'unknown'}",
             f"- {machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, load "
             f"average at the start {machine['load_average']:.1f}",
             f"- `{data['command']}`",
             f"- every frame was decoded again and compared; the first {data['frames_left_out']} "
             "are not in the means", "- bytes are those of the payload, without frame header and "
             "envelope; times are CPU times of one thread", ""]
    if machine["load_average"] > report.BUSY:
        lines += ["**Other programs used the machine meanwhile: bytes are exact all the same, "
                  "times are rough.**", ""]
    promises = promise_lines(scenes)
    if promises:
        lines += ["## What was promised", ""] + promises + [""]
    lines += ["![chart](state.svg)", ""]
    for name, runs in scenes.items():
        lines += [f"## {TITLES[name]}", ""] + table_lines(runs) + [""] + activity_lines(runs) + [""]
        settled = sum(run["settled"] for run in runs)
        if settled:
            lines += [f"{settled:,} orientations were moved by a step, for only so the relay reads "
                      "back from JSON what it holds.", ""]
    return "\n".join(lines)


def bars(name, runs, top):
    out = [f'<text x="12" y="{top + 16}" class="title">{html.escape(TITLES[name])}</text>']
    rows = rows_of(runs)
    full = next((r for r in rows if r["coder"] == SCALE), max(rows, key=lambda r: r["bytes_mean"]))
    y = top + 26
    for row in rows:
        width = max(1, BAR_WIDTH * row["bytes_mean"] / full["bytes_mean"])
        cut = width > BAR_WIDTH * CUT
        width = min(width, BAR_WIDTH * CUT)
        label = row["coder"] + ("" if row["distance"] < 2 or row["coder"] == STRICT
                               else f", {row['distance']} before")
        kind = "ours" if row["coder"].startswith(OURS) else "other"
        out += [f'<text x="{LABEL_WIDTH - 8}" y="{y + 13}" class="label">'
                f'{html.escape(label)}</text>',
                f'<rect x="{LABEL_WIDTH}" y="{y + 2}" width="{width:.1f}" height="14" rx="2" '
                f'class="{kind}"/>',
                f'<text x="{LABEL_WIDTH + width + 6:.0f}" y="{y + 13}">'
                f'{"… " if cut else ""}{row["bytes_mean"]:,.0f}</text>']
        y += ROW_HEIGHT
    return out, y + 14


def chart(data):
    body, top = [], 34
    for name, runs in scenes_of(data).items():
        lines, top = bars(name, runs, top)
        body += lines
    width, height, machine = LABEL_WIDTH + round(BAR_WIDTH * CUT) + 80, top + 12, data["machine"]
    head = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">',
            f"<style>{STYLE}</style>", f'<rect width="{width}" height="{height}" class="back"/>',
            '<text x="12" y="20">Bytes a tick, mean (shorter is better)</text>',
            f'<text x="12" y="{top + 2}" class="note">{html.escape(machine["cpu"])}, Linux '
            f'{html.escape(machine["kernel"])}, {machine["date"]}</text>']
    return "\n".join(head + body + ["</svg>", ""])


def measure(options, rest):
    program = os.path.join(options.build, "perseid-state-bench")
    if not os.path.exists(program):
        sys.exit(f"{program} is missing: build first (cmake --preset release && cmake --build "
                 "--preset release), or give --build")
    machine = report.machine()
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        if subprocess.run([program, *rest, "--json", out.name], check=False).returncode != 0:
            sys.exit("perseid-state-bench failed")
        with open(out.name, encoding="utf-8") as file:
            data = json.load(file)
    data["command"] = " ".join(["perseid-state-bench", *rest])
    return {"machine": machine, **data}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(HERE, "..", "build", "release"),
                        help="where the program is (default: build/release)")
    parser.add_argument("--out", default=os.path.join(HERE, "results"), help="where results go")
    parser.add_argument("--from", dest="source", help="an earlier state.json, instead of measuring")
    options, rest = parser.parse_known_args()
    if options.source:
        with open(options.source, encoding="utf-8") as file:
            data = json.load(file)
    else:
        data = measure(options, rest)
    os.makedirs(options.out, exist_ok=True)
    for name, content in (("state.md", markdown(data)), ("state.svg", chart(data)),
                          ("state.json", json.dumps(data, indent=1) + "\n")):
        with open(os.path.join(options.out, name), "w", encoding="utf-8") as file:
            file.write(content)
    print(f"written: state.md, state.json and state.svg in {os.path.normpath(options.out)}")


if __name__ == "__main__":
    main()
