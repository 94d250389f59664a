#include "tools/load/report_attack.h"

#include "tools/load/arsenal.h"
#include "tools/load/report_lines.h"

namespace perseid::load {
namespace {

using ull = unsigned long long;

std::string name_of_end(u32 how) {
  switch (how) {
    case AttackFigures::kEnd:
      return "end";
    case AttackFigures::kReset:
      return "reset";
    case AttackFigures::kUnread:
      return "unread";
    default:
      return std::to_string(how);
  }
}

void add_round(std::string& out, const char* title, const AttackFigures::Round& round) {
  line(out,
       "  %-11s p50 %s, p99 %s in calm (CPU %.0f %%); p50 %s, p99 %s under attack (CPU %.0f %%, %u "
       "held)",
       title, human_time(round.calm_p50_ns).c_str(), human_time(round.calm_p99_ns).c_str(),
       round.calm_cpu * 100, human_time(round.attack_p50_ns).c_str(),
       human_time(round.attack_p99_ns).c_str(), round.attack_cpu * 100, round.held);
}

double us(u64 ns) {
  return static_cast<double>(ns) / 1e3;
}

}  // namespace

void add_attack_text(std::string& out, const AttackFigures& figures) {
  for (const AttackFigures::Round& round : figures.rounds) add_round(out, "round", round);
  add_round(out, "median", figures.median());
  line(out, "  ratio       %.2f of the median p99s; %u hostile connections, %u at one time",
       figures.ratio(), figures.hostile, figures.held_most);
  line(out, "  connects    %llu, %llu of them failed; %llu acts put off", ull{figures.connects},
       ull{figures.connects_failed}, ull{figures.acts_put_off});
  std::string acts, ends;
  for (std::size_t i = 0; i < figures.acts.size(); ++i) {
    if (figures.acts[i] == 0) continue;
    acts += " " + std::string(kAttackNames[i]) + " " + std::to_string(figures.acts[i]);
  }
  for (const auto& [how, count] : figures.closed_by_relay) {
    ends += " " + name_of_end(how) + " " + std::to_string(count);
  }
  line(out, "  acts       %s", acts.c_str());
  line(out, "  closed     %s", ends.c_str());
}

void add_attack_json(JsonObject& out, const AttackFigures& figures) {
  const AttackFigures::Round median = figures.median();
  out.real("calm_p50_us", us(median.calm_p50_ns));
  out.real("calm_p99_us", us(median.calm_p99_ns));
  out.real("attack_p50_us", us(median.attack_p50_ns));
  out.real("attack_p99_us", us(median.attack_p99_ns));
  out.real("ratio", figures.ratio());
  out.real("calm_server_cpu", median.calm_cpu);
  out.real("attack_server_cpu", median.attack_cpu);
  out.whole("rounds", figures.rounds.size());
  out.whole("hostile", figures.hostile);
  out.whole("held_most", figures.held_most);
  out.whole("connects", figures.connects);
  out.whole("connects_failed", figures.connects_failed);
  out.whole("acts_put_off", figures.acts_put_off);
  for (std::size_t i = 0; i < figures.acts.size(); ++i) {
    out.whole("acts_" + std::string(kAttackNames[i]), figures.acts[i]);
  }
  for (const auto& [how, count] : figures.closed_by_relay) {
    out.whole("closed_" + name_of_end(how), count);
  }
}

}  // namespace perseid::load
