"""What bench/compare found, as Markdown, JSON and a chart (SVG)."""
import datetime
import html
import json
import os
import platform
import subprocess

UNITS = {
    "delivered_per_server_cpu_s": "deliveries/server CPU s",
    "after_stall_latency_p99_us": "us p99 after the stall",
    "clients_per_core": "clients/core",
    "rss_per_connection_bytes": "bytes/connection",
}
BUSY = 1.0  # load average before the first run
BAR_WIDTH, ROW_HEIGHT, LABEL_WIDTH = 460, 26, 190


def machine():
    model = "unknown"
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    commit = subprocess.run(["git", "-C", os.path.dirname(os.path.abspath(__file__)), "rev-parse",
                             "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit.stdout.strip(),
        "load_average": os.getloadavg()[0],
    }


def spread(contestant, key):
    """Half of the distance between the extremes, as a share of the median."""
    values = [run[key] for run in contestant.runs]
    middle = contestant.median(key)
    return (max(values) - min(values)) / 2 / middle if middle else 0


def flow_rows(scenario):
    rows = ["| server | deliveries per server CPU second | spread | deliveries per second "
            "| p50 | p99 | server CPU | load CPU | per read |",
            "|---|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for c in scenario.contestants:
        seconds = c.median("measured_s")
        rows.append(
            f"| {c.label} | {c.median(scenario.metric):,.0f} | ±{spread(c, scenario.metric):.0%} "
            f"| {c.median('delivered_per_s'):,.0f} | {c.median('latency_p50_us'):,.0f} µs "
            f"| {c.median('latency_p99_us'):,.0f} µs | {c.median('server_cpu_s') / seconds:.0%} "
            f"| {c.median('load_cpu_s') / seconds:.0%} | {c.median('delivered_per_receive'):.1f} |")
    return rows


def state_rows(scenario):
    rows = ["| server | clients per core | spread | server CPU per client and second | p50 | p99 "
            "| ticks of those due | bytes of one | server CPU | load CPU |",
            "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for c in scenario.contestants:
        seconds = c.median("measured_s")
        ticks = c.median("ticks_share")
        rows.append(
            f"| {c.label} | {c.median(scenario.metric):,.0f} | ±{spread(c, scenario.metric):.0%} "
            f"| {1e6 / c.median(scenario.metric):,.0f} µs "
            f"| {c.median('latency_p50_us'):,.0f} µs | {c.median('latency_p99_us'):,.0f} µs "
            f"| {'' if ticks is None else f'{ticks:.1%}'} | {c.median('frame_bytes'):,.0f} "
            f"| {c.median('server_cpu_s') / seconds:.0%} "
            f"| {c.median('load_cpu_s') / seconds:.0%} |")
    return rows + ["", "Clients per core: deliveries of a second of server CPU by those due to a "
                   "client in a second. Latency of state: from a place said to the same place "
                   "seen, so it holds the wait for the tick, half of one on average."]


def stalled_rows(scenario):
    c = scenario.contestants[0]
    grown = (c.median("rss_end_bytes") - c.median("rss_start_bytes")) / 1024
    return ["| | p50 | p99 | p99.9 |", "|---|--:|--:|--:|"] + [
        f"| {title} | {c.median(key + '_latency_p50_us'):,.0f} µs "
        f"| {c.median(key + '_latency_p99_us'):,.0f} µs "
        f"| {c.median(key + '_latency_p999_us'):,.0f} µs |"
        for title, key in (("all read", "before_stall"), ("a tenth stalled", "after_stall"))
    ] + ["", f"The relay's memory grew by {grown:,.0f} KiB meanwhile."]


def idle_rows(scenario):
    c = scenario.contestants[0]
    mib = lambda key: f"{c.median(key) / 1048576:.1f} MiB"  # noqa: E731
    return ["| connections | resident memory |", "|--:|--:|",
            f"| 0 | {mib('rss_empty_bytes')} |",
            f"| {c.median('memory_from_connections'):,.0f} | {mib('rss_from_bytes')} |",
            f"| {c.median('memory_to_connections'):,.0f} | {mib('rss_to_bytes')} |",
            f"| the same, after heartbeats | {mib('rss_after_stay_bytes')} |",
            f"| all closed | {mib('rss_closed_bytes')} |", "",
            f"Slope: {c.median('rss_per_connection_bytes'):,.0f} bytes per connection."]


def expectation_rows(scenarios):
    rows, missed = ["| expectation | wanted | found | |", "|---|--:|--:|---|"], 0
    for scenario in scenarios:
        for e in scenario.expectations:
            value = e.value(scenario)
            verdict = e.verdict(value)
            missed += verdict == "missed"
            wanted = f"≥ {e.at_least}" if e.at_least is not None else f"≤ {e.at_most}"
            found = "" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
            rows.append(f"| {e.text} | {wanted} | {found} | {verdict} |")
    return rows, missed


def markdown(options, facts, scenarios):
    rows, missed = expectation_rows(scenarios)
    lines = ["# Perseid beside the ruler and its peers", "",
             "Made by `bench/compare`; what the words mean is in [bench/README.md](../README.md).",
             "", f"- {facts['date']}, commit {facts['commit'] or 'unknown'}",
             f"- {facts['cpu']}, {facts['cores']} cores, Linux {facts['kernel']}, load average at "
             f"the start {facts['load_average']:.1f}",
             f"- server on core 0, load on core 1; medians of {options.runs} runs of "
             f"{options.duration:g} s each, taken in turn" + (" (quick)" if options.quick else ""),
             "- every run checked that each message arrived once and in order", ""]
    if facts["load_average"] > BUSY:
        lines += ["**Other programs used the machine meanwhile: these figures are rough.** A "
                  "server that is kept waiting batches more, which flatters it.", ""]
    lines += ["## What was promised", ""] + rows + ["", "![chart](compare.svg)", ""]
    for scenario in scenarios:
        lines += [f"## {scenario.title}", ""]
        if scenario.name == "stalled":
            lines += stalled_rows(scenario)
        elif scenario.name == "idle":
            lines += idle_rows(scenario)
        elif scenario.name == "state":
            lines += state_rows(scenario)
        else:
            lines += flow_rows(scenario)
            size = {c.label: c.median("frame_bytes") for c in scenario.contestants}
            lines += ["", "Bytes of one delivered message: " +
                      ", ".join(f"{label} {value:,.0f}" for label, value in size.items()) + "."]
        lines.append("")
    return "\n".join(lines), missed


def bars(scenario, top):
    """One scenario's bars; the longest fills the width."""
    out = [f'<text x="12" y="{top + 16}" class="title">{html.escape(scenario.title)}</text>']
    best = max(c.median(scenario.metric) for c in scenario.contestants)
    y = top + 26
    for c in scenario.contestants:
        value = c.median(scenario.metric)
        width = max(1, BAR_WIDTH * value / best)
        kind = "ours" if c.name.startswith("relay") else "other"
        out.append(f'<text x="{LABEL_WIDTH - 8}" y="{y + 15}" class="label">'
                   f"{html.escape(c.label)}</text>")
        out.append(f'<rect x="{LABEL_WIDTH}" y="{y + 3}" width="{width:.0f}" height="16" rx="2" '
                   f'class="{kind}"/>')
        out.append(f'<text x="{LABEL_WIDTH + width + 6:.0f}" y="{y + 15}" class="value">'
                   f"{value / 1000:,.0f} k</text>")
        y += ROW_HEIGHT
    return out, y + 14


def chart(facts, scenarios):
    body, top = [], 40
    for scenario in scenarios:
        if scenario.metric == "delivered_per_server_cpu_s":
            lines, top = bars(scenario, top)
            body += lines
    width = LABEL_WIDTH + BAR_WIDTH + 90
    head = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{top + 10}" '
            f'viewBox="0 0 {width} {top + 10}" font-family="sans-serif" font-size="13">',
            "<style>.title{font-weight:bold}.label{text-anchor:end;fill:#444}.value{fill:#444}"
            ".ours{fill:#1f6feb}.other{fill:#a9b4c2}.note{fill:#777;font-size:11px}</style>",
            f'<rect width="{width}" height="{top + 10}" fill="#fff"/>',
            '<text x="12" y="20">Deliveries per second of server CPU (longer is better)</text>',
            f'<text x="12" y="{top + 2}" class="note">{html.escape(facts["cpu"])}, Linux '
            f'{html.escape(facts["kernel"])}, {facts["date"]}</text>']
    return "\n".join(head + body + ["</svg>", ""])


def write(options, facts, scenarios):
    """Writes the three files and prints the table; returns how many expectations were missed."""
    os.makedirs(options.out, exist_ok=True)
    text, missed = markdown(options, facts, scenarios)
    data = {"machine": facts, "quick": options.quick, "runs": options.runs,
            "scenarios": {s.name: {c.name: c.runs for c in s.contestants} for s in scenarios}}
    for name, content in (("compare.md", text), ("compare.svg", chart(facts, scenarios)),
                          ("compare.json", json.dumps(data, indent=1) + "\n")):
        with open(os.path.join(options.out, name), "w", encoding="utf-8") as file:
            file.write(content)
    print("\n" + text)
    return missed
