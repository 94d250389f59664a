// Warning: what an operator should look at although the relay starts. Thread: start-up only; a
// value.
#pragma once

#include <string>
#include <string_view>

namespace perseid {

struct Warning {
  std::string_view event;  // names its kind in the log; static text
  std::string text;        // a sentence
};

}  // namespace perseid
