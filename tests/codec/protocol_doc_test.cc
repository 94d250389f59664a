// docs/protocol.md tells each closed list once more; this holds it to the lists. To rewrite the
// regions after a change: PERSEID_REGENERATE=1 test_codec --gtest_filter='ProtocolDoc.*'
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "codec/envelope.h"
#include "codec/error.h"

namespace perseid {
namespace {

const std::string kRoot = PERSEID_SOURCE_DIR;
const std::string kPage = kRoot + "/docs/protocol.md";

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string in_code(std::string_view text) {
  return "`" + std::string(text) + "`";
}

// "room, before" as `room`, `before`.
std::string fields_in_code(std::string_view fields) {
  std::string out;
  while (!fields.empty()) {
    const std::size_t comma = fields.find(", ");
    out += (out.empty() ? "" : ", ") + in_code(fields.substr(0, comma));
    fields = comma == std::string_view::npos ? "" : fields.substr(comma + 2);
  }
  return out;
}

std::string ops_table() {
  std::string out = "| op | fields | |\n|---|---|---|\n";
#define X(name, fields, text) \
  out += "| " + in_code(#name) + " | " + fields_in_code(fields) + " | " + text + " |\n";
  PERSEID_CLIENT_OPS(X)
#undef X
  return out;
}

// ok and need_more never travel.
std::string errors_table() {
  std::string out = "| code | HTTP | close | meaning |\n|---|---|---|---|\n";
#define X(name, close, status, text)                                                             \
  if (Error::name != Error::ok && Error::name != Error::need_more) {                             \
    const auto code = static_cast<u32>(CloseCode::close);                                        \
    out += "| " + in_code(#name) + " | " + (status == 0 ? "" : std::to_string(status)) + " | " + \
           (code == 0 ? "" : std::to_string(code)) + " | " + text + " |\n";                      \
  }
  PERSEID_ERRORS(X)
#undef X
  return out;
}

std::string close_codes_table() {
  std::string out = "| code | name | meaning |\n|---|---|---|\n";
#define X(name, code, text) \
  out += "| " + std::to_string(code) + " | " + in_code(#name) + " | " + text + " |\n";
  PERSEID_CLOSE_CODES(X)
#undef X
  return out;
}

void add_vectors(simdjson::dom::element document, const char* section, std::string_view title,
                 std::string& out) {
  const simdjson::dom::array rows = document[section].get_array().value();
  for (const simdjson::dom::element row : rows) {
    out += "| " + std::string(title) + " | " + std::string(row["name"].get_string().value()) +
           " | " + in_code(row["hex"].get_string().value()) + " | " +
           in_code(simdjson::minify(row["message"].value())) + " |\n";
  }
}

std::string vectors_table() {
  simdjson::dom::parser parser;
  const auto document = parser.load(kRoot + "/tests/vectors/bin_v1.json").value();
  std::string out = "| to | name | bytes | the same in JSON |\n|---|---|---|---|\n";
  add_vectors(document, "client_to_relay", "relay", out);
  add_vectors(document, "relay_to_client", "client", out);
  return out;
}

// The page with the region's text replaced by what it should be.
std::string with_region(const std::string& page, const std::string& name, const std::string& text) {
  const std::string opening = "<!-- generated: " + name + " -->\n";
  const std::size_t start = page.find(opening);
  EXPECT_NE(start, std::string::npos) << "docs/protocol.md lacks " << opening;
  const std::size_t end = page.find("<!-- end -->", start);
  EXPECT_NE(end, std::string::npos) << opening;
  if (start == std::string::npos || end == std::string::npos) return page;
  return page.substr(0, start + opening.size()) + text + page.substr(end);
}

void expect_region(const std::string& name, const std::string& text) {
  const std::string page = read_file(kPage);
  const std::string wanted = with_region(page, name, text);
  if (page == wanted) return;
  if (std::getenv("PERSEID_REGENERATE") != nullptr) {
    std::ofstream(kPage, std::ios::binary) << wanted;
    return;
  }
  ADD_FAILURE() << "docs/protocol.md, region \"" << name << "\", should read:\n" << text;
}

TEST(ProtocolDoc, Ops) {
  expect_region("ops", ops_table());
}
TEST(ProtocolDoc, Errors) {
  expect_region("errors", errors_table());
}
TEST(ProtocolDoc, CloseCodes) {
  expect_region("close codes", close_codes_table());
}
TEST(ProtocolDoc, Vectors) {
  expect_region("vectors", vectors_table());
}

// The worked examples, byte by byte, are vectors too.
TEST(ProtocolDoc, WorkedExamplesAreVectors) {
  const std::string vectors = read_file(kRoot + "/tests/vectors/bin_v1.json");
  std::istringstream page(read_file(kPage));
  std::string line, hex;
  int examples = 0;
  bool inside = false;
  while (std::getline(page, line)) {
    if (line.starts_with("```")) {
      if (inside) {
        EXPECT_NE(vectors.find("\"hex\":\"" + hex + "\""), std::string::npos) << hex;
      }
      inside = line == "```hex";
      examples += inside ? 1 : 0;
      hex.clear();
    } else if (inside) {
      constexpr std::size_t kBytesColumns = 43;  // the explanation stands behind them
      for (const char c : line.substr(0, kBytesColumns)) {
        if (c != ' ') hex += c;
      }
    }
  }
  EXPECT_EQ(examples, 3);
}

}  // namespace
}  // namespace perseid
