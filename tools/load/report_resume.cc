#include "tools/load/report_resume.h"

#include "tools/load/report_lines.h"

namespace perseid::load {

void add_resume_text(std::string& out, const ResumeFigures& figures) {
  using ull = unsigned long long;
  line(out, "  resumed     %u of the %u that dropped; all back %s after the first dialled",
       figures.resumed, figures.dropped, human_time(figures.all_back_ns).c_str());
  line(out, "  presence    %llu drops, %llu resumes, %llu leaves seen by those who stayed",
       ull{figures.drops}, ull{figures.resumes}, ull{figures.leaves});
  line(out, "  missed      %llu messages while they were away; the last of them there after %s",
       ull{figures.missed}, human_time(figures.caught_up_ns).c_str());
  add_latency_line(out, "  dial to welcome", figures.welcome);
  if (figures.server_cpu_ns == 0 || figures.dropped == 0) return;
  line(out, "  server      CPU %s for all this, %s for each that dropped",
       human_time(figures.server_cpu_ns).c_str(),
       human_time(figures.server_cpu_ns / figures.dropped).c_str());
}

void add_resume_json(JsonObject& out, const ResumeFigures& figures) {
  out.whole("dropped", figures.dropped);
  out.whole("resumed", figures.resumed);
  out.whole("presence_drops", figures.drops);
  out.whole("presence_resumes", figures.resumes);
  out.whole("presence_leaves", figures.leaves);
  out.whole("missed_messages", figures.missed);
  out.real("all_back_us", static_cast<double>(figures.all_back_ns) / 1e3);
  out.real("caught_up_us", static_cast<double>(figures.caught_up_ns) / 1e3);
  out.real("welcome_p50_us", static_cast<double>(figures.welcome.percentile(0.5)) / 1e3);
  out.real("welcome_p99_us", static_cast<double>(figures.welcome.percentile(0.99)) / 1e3);
  out.real("resume_server_cpu_s", static_cast<double>(figures.server_cpu_ns) / 1e9);
}

}  // namespace perseid::load
