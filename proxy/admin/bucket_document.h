// A rate-limit bucket in JSON.
#pragma once

#include <nlohmann/json.hpp>

#include "relay/explanation.h"

namespace postern::admin {

nlohmann::json document_of(const relay::BucketView& bucket);
nlohmann::json numbers_of(const relay::BucketView& bucket);  // without whose it is
relay::BucketView bucket_of(const nlohmann::json& object);

// One that several instances share, as far as a FleetReport has it. REQUIRES: its `share`.
nlohmann::json shared_document_of(const relay::BucketView& bucket);
relay::BucketView shared_bucket_of(const nlohmann::json& object);

}  // namespace postern::admin
