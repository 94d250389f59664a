#include "bench/state/report.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

#include "codec/json_text.h"

namespace perseid::bench {
namespace {

[[gnu::format(printf, 2, 3)]] void print(std::string& out, const char* format, ...) {
  char line[512];
  va_list values;
  va_start(values, format);
  std::vsnprintf(line, sizeof line, format, values);
  va_end(values);
  out += line;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  append_json_escaped(out, text);
  return out + '"';
}

void append_figures(const Figures& f, std::string& out) {
  print(out, "     {\"coder\": %s, \"distance\": %u, \"frames\": %u,", quoted(f.coder).c_str(),
        f.distance, f.frames);
  print(out, " \"bytes_mean\": %.1f, \"bytes_p95\": %u, \"bytes_max\": %u, \"bytes_first\": %u,",
        f.bytes_mean, f.bytes_p95, f.bytes_max, f.bytes_first);
  print(out, " \"encode_us_mean\": %.2f, \"encode_us_p95\": %.2f,", f.encode_us_mean,
        f.encode_us_p95);
  print(out, " \"decode_us_mean\": %.2f, \"decode_us_p95\": %.2f}", f.decode_us_mean,
        f.decode_us_p95);
}

void append_run(const RunResult& run, std::string& out) {
  print(out, "  {\"scene\": %s, \"seed\": %llu, \"entities\": %u, \"frames\": %u,",
        quoted(run.scene).c_str(), run.seed + 0ULL, run.entities, run.frames);
  print(out, " \"frames_per_second\": %u, \"hash\": %s, \"settled\": %llu,\n   \"activity\": [",
        run.frames_per_second, quoted(run.hash).c_str(), run.settled + 0ULL);
  const char* before = "";
  for (const Activity& a : run.activity) {
    print(out, "%s{\"distance\": %u, \"mean\": %.4f, \"median\": %.4f, \"max\": %.4f}", before,
          a.distance, a.mean, a.median, a.max);
    before = ", ";
  }
  out += "],\n   \"figures\": [\n";
  before = "";
  for (const Figures& figures : run.figures) {
    out += before;
    append_figures(figures, out);
    before = ",\n";
  }
  out += "\n   ]}";
}

// Over the runs of one scene; coders stand in the same order in each.
void append_row(const std::vector<const RunResult*>& runs, std::size_t coder, std::string& out) {
  Figures mean;
  double least = 1e18;
  double most = 0;
  double p95 = 0;
  const double share = 1.0 / static_cast<double>(runs.size());
  for (const RunResult* run : runs) {
    const Figures& figures = run->figures[coder];
    mean.bytes_mean += figures.bytes_mean * share;
    mean.encode_us_mean += figures.encode_us_mean * share;
    mean.decode_us_mean += figures.decode_us_mean * share;
    p95 += figures.bytes_p95 * share;
    least = std::min(least, figures.bytes_mean);
    most = std::max(most, figures.bytes_mean);
  }
  const Figures& first = runs[0]->figures[coder];
  const std::string before = first.distance == 0 ? "-" : std::to_string(first.distance);
  print(out, "  %-42s %6s %10.1f %10.1f %10.1f %10.0f %9.1f %9.1f\n", first.coder.c_str(),
        before.c_str(), mean.bytes_mean, least, most, p95, mean.encode_us_mean,
        mean.decode_us_mean);
}

void append_scene(const std::vector<const RunResult*>& runs, std::string& out) {
  print(out, "%s: %u entities, %u frames at %u a second, seeds", runs[0]->scene.c_str(),
        runs[0]->entities, runs[0]->frames, runs[0]->frames_per_second);
  for (const RunResult* run : runs) print(out, " %llu", run->seed + 0ULL);
  out += '\n';
  for (const RunResult* run : runs) {
    for (const Activity& a : run->activity) {
      print(out,
            "  seed %llu: %.1f %% of the entities differ from %u before (median %.1f, most %.1f)\n",
            run->seed + 0ULL, a.mean * 100, a.distance, a.median * 100, a.max * 100);
    }
  }
  print(out, "  %-42s %6s %10s %10s %10s %10s %9s %9s\n", "coder", "before", "bytes", "least seed",
        "most seed", "p95", "encode us", "decode us");
  for (std::size_t i = 0; i < runs[0]->figures.size(); ++i) append_row(runs, i, out);
}

}  // namespace

std::string to_json(const std::string& command, const std::vector<RunResult>& results) {
  std::string out = "{\n \"command\": " + quoted(command) + ",\n";
  print(out, " \"frames_left_out\": %u,\n \"runs\": [\n", kFramesLeftOut);
  const char* before = "";
  for (const RunResult& run : results) {
    out += before;
    append_run(run, out);
    before = ",\n";
  }
  return out + "\n ]\n}\n";
}

std::string to_text(const std::vector<RunResult>& results) {
  std::string out;
  std::vector<std::string> done;
  for (const RunResult& result : results) {
    if (std::ranges::find(done, result.scene) != done.end()) continue;
    done.push_back(result.scene);
    std::vector<const RunResult*> runs;
    for (const RunResult& other : results) {
      if (other.scene == result.scene) runs.push_back(&other);
    }
    append_scene(runs, out);
    out += '\n';
  }
  return out;
}

}  // namespace perseid::bench
