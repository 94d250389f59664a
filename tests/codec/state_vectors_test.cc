// The state coder against its golden bytes (tests/vectors/state_v1.json, shared with every other
// implementation). They are frozen with the version of the wire: a change of the coder is a new
// file. To write them at all: PERSEID_REGENERATE=1 test_codec --gtest_filter='StateVectors.*'
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "codec/state_decoder.h"
#include "tests/codec/state_vectors.h"
#include "tests/support/vector_json.h"

namespace perseid {
namespace {

const std::string kFile = std::string(PERSEID_SOURCE_DIR) + "/tests/vectors/state_v1.json";

using test::from_hex;

TEST(StateVectors, TheEncoderWritesThem) {
  const std::string wanted = test::state_vectors_json();
  if (std::getenv("PERSEID_REGENERATE") != nullptr) {
    std::ofstream(kFile, std::ios::binary) << wanted;
    return;
  }
  std::stringstream text;
  text << std::ifstream(kFile, std::ios::binary).rdbuf();
  EXPECT_TRUE(text.str() == wanted) << "the coder no longer writes " << kFile;
}

void expect_frames(StateDecoder& decoder, simdjson::dom::array frames) {
  u32 number = 0;
  for (const simdjson::dom::element frame : frames) {
    SCOPED_TRACE("frame " + std::to_string(number++));
    const std::string bytes = from_hex(frame["hex"].get_string().value());
    ASSERT_EQ(decoder.decode(as_bytes(bytes)), StateDecoded::ok);
    EXPECT_EQ(decoder.table().checksum(), frame["checksum"].get_uint64().value());
    simdjson::dom::parser parser;
    const simdjson::padded_string got(test::state_json(decoder.table()));
    EXPECT_EQ(simdjson::minify(parser.parse(got).value()),
              simdjson::minify(frame["state"].value()));
  }
}

TEST(StateVectors, TheDecoderReadsThem) {
  simdjson::dom::parser parser;
  const simdjson::dom::element document = parser.load(kFile).value();
  const simdjson::dom::array streams = document["streams"].get_array().value();
  for (const simdjson::dom::element stream : streams) {
    SCOPED_TRACE(std::string(stream["name"].get_string().value()));
    const auto distance = static_cast<u32>(stream["distance"].get_uint64().value());
    StateDecoder decoder(test::schema_of(simdjson::minify(stream["schema"].value())), {}, distance);
    expect_frames(decoder, stream["frames"].get_array().value());
  }
}

}  // namespace
}  // namespace perseid
