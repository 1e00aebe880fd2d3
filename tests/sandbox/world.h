// World: everything the pretend Sentry holds. One thread uses it.
#pragma once

#include <map>
#include <string>

#include "clock.h"
#include "directory.h"
#include "faults.h"
#include "installations.h"
#include "issues.h"
#include "journal.h"
#include "limiter.h"
#include "monitors.h"
#include "oauth.h"
#include "options.h"
#include "releases.h"
#include "routes.h"
#include "tokens.h"
#include "uploads.h"

namespace postern::sandbox {

// How the limiter is set up; a bucket's own entry in `by_bucket` wins.
struct LimitSettings {
  Limit base;               // for buckets nothing else is said about
  bool documented = false;  // use the numbers of the route table, with 40 in 1 s as default
  bool off = false;         // no limiter, as in a Sentry of one's own: no headers, no refusals
  bool old_shapes = false;  // bare-string bodies, and `None` for absent concurrency numbers
  std::map<std::string, Limit> by_bucket;  // by bucket label
};

struct World {
  World(const Options& chosen, const std::string& public_base)
      : options(chosen),
        hosts(public_base),
        directory(chosen),
        tokens(clock),
        oauth(chosen, clock, directory, hosts, tokens),
        installations(clock, tokens),
        issues(chosen.issues) {
    restore_token_rules();
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void restore_token_rules() {
    tokens.rules() = TokenRules();
    tokens.rules().expires_in_s = options.expires_in;
    if (options.rotation == "access-only") tokens.rules().rotation = Rotation::kAccessOnly;
  }

  Options options;
  Clock clock;
  PublicHosts hosts;
  Directory directory;
  Tokens tokens;
  Oauth oauth;
  Installations installations;
  Routes routes;
  Limiter limiter;
  LimitSettings limits;
  Faults faults;
  Journal journal;
  Issues issues;
  Monitors monitors;
  Releases releases;
  Uploads uploads;
  Fields extra_headers;  // added to every API answer
};

}  // namespace postern::sandbox
