// What kind of work a call is to Sentry: how long its answer may take, and by which way it goes.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/method.h"

namespace postern::policy {

enum class Traffic : uint8_t {
  kOrdinary,
  kUpload,   // files: large bodies, written before they are answered
  kAutofix,  // a language model is asked, or has been
};

// `route`: the endpoint's template, as Match has it. Allocates nothing.
Traffic traffic_of(http::Method method, std::string_view route);

}  // namespace postern::policy
