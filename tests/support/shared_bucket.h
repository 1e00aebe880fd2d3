// A limit that three instances share, as a view of the fleet shows it.
#pragma once

#include "relay/explanation.h"

namespace postern::test {

inline relay::BucketView shared_bucket() {
  relay::BucketView bucket;
  bucket.user = "7";
  bucket.host = "sentry.io";
  bucket.group = "GET";
  bucket.routes = {"/issues/"};
  bucket.limit = 40;
  bucket.window_s = 1;
  limits::ShareStatus& share = bucket.share.emplace();
  share.replicas = 3;
  share.age = 0.4;
  share.budget = 39;
  share.taken = 38;
  share.own = 10;
  share.spent.emplace().used = 40;
  share.spent->rejected = 1;
  return bucket;
}

}  // namespace postern::test
