// The files of tools/relay/page/, embedded by the build, so that the relay is one file to copy.
// Thread: any; static data.
#pragma once

#include <string_view>
#include <vector>

namespace perseid {

struct EmbeddedPage {
  std::string_view path;  // "/" is index.html, others "/NAME"
  std::string_view content_type;
  std::string_view body;
};

const std::vector<EmbeddedPage>& embedded_pages();

}  // namespace perseid
