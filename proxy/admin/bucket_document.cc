#include "admin/bucket_document.h"

#include <cmath>

#include "admin/json_fields.h"
#include "limits/seconds.h"

namespace postern::admin {

using nlohmann::json;

json numbers_of(const relay::BucketView& bucket) {
  return {
      {"limit", or_null(bucket.limit)},
      {"remaining", or_null(bucket.remaining)},
      {"concurrent_limit", or_null(bucket.concurrent_limit)},
      {"window_s", bucket.window_s == 0 ? json(nullptr) : json(bucket.window_s)},
      {"in_flight", bucket.in_flight},
      {"in_flight_allowed", bucket.in_flight_allowed},
      {"queued", bucket.queued},
      {"answers", bucket.answers},
  };
}

json document_of(const relay::BucketView& bucket) {
  json object = numbers_of(bucket);
  object["user"] = bucket.user;
  object["host"] = bucket.host;
  object["group"] = bucket.group;
  object["routes"] = bucket.routes;
  object["routes_left_off"] = bucket.routes_left_off;
  object["oldest_wait_ms"] = milliseconds(bucket.oldest_wait);
  object["refusals"] = bucket.refusals;
  return object;
}

relay::BucketView bucket_of(const json& object) {
  relay::BucketView bucket;
  bucket.user = text_of(object, "user");
  bucket.host = text_of(object, "host");
  bucket.group = text_of(object, "group");
  bucket.routes = texts_of(object, "routes");
  bucket.routes_left_off = static_cast<size_t>(number_of(object, "routes_left_off"));
  bucket.oldest_wait = milliseconds_of(object, "oldest_wait_ms");
  bucket.refusals = static_cast<uint64_t>(number_of(object, "refusals"));
  bucket.limit = known_number(object, "limit");
  bucket.remaining = known_number(object, "remaining");
  bucket.concurrent_limit = known_number(object, "concurrent_limit");
  bucket.window_s = number_of(object, "window_s");
  bucket.in_flight = number_of(object, "in_flight");
  bucket.in_flight_allowed = number_of(object, "in_flight_allowed");
  bucket.queued = static_cast<size_t>(number_of(object, "queued"));
  for (const auto& [kind, count] : part_of(object, "answers").items())
    if (count.is_number()) bucket.answers[kind] = count.get<uint64_t>();
  return bucket;
}

json shared_document_of(const relay::BucketView& bucket) {
  const limits::ShareStatus& share = *bucket.share;
  json object = {{"user", bucket.user},
                 {"host", bucket.host},
                 {"group", bucket.group},
                 {"part", or_null(share.part)},
                 {"routes", bucket.routes},
                 {"routes_left_off", bucket.routes_left_off},
                 {"limit", or_null(bucket.limit)},
                 {"window_s", bucket.window_s == 0 ? json(nullptr) : json(bucket.window_s)},
                 {"replicas", share.replicas},
                 {"alone", share.is_alone},
                 {"age_ms", nullptr},
                 {"window_over", share.is_over},
                 {"budget", or_null(share.budget)},
                 {"taken", or_null(share.taken)},
                 {"own", or_null(share.own)},
                 {"spent", nullptr}};
  if (share.age) object["age_ms"] = std::llround(*share.age * 1000);
  if (share.spent)
    object["spent"] = {{"calls", share.spent->used}, {"rejected", share.spent->rejected}};
  return object;
}

relay::BucketView shared_bucket_of(const json& object) {
  relay::BucketView bucket = bucket_of(object);
  limits::ShareStatus& share = bucket.share.emplace();
  share.part = text_of(object, "part");
  share.replicas = number_of(object, "replicas");
  share.is_alone = flag_of(object, "alone", false);
  if (known_number(object, "age_ms"))
    share.age = limits::seconds(milliseconds_of(object, "age_ms"));
  share.is_over = flag_of(object, "window_over", false);
  share.budget = known_number(object, "budget");
  share.taken = known_number(object, "taken");
  share.own = known_number(object, "own");
  if (const json& spent = part_of(object, "spent"); !spent.empty()) {
    share.spent.emplace().used = number_of(spent, "calls");
    share.spent->rejected = number_of(spent, "rejected");
  }
  return bucket;
}

}  // namespace postern::admin
