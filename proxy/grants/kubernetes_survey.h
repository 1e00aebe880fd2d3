// How grants stand in a Secret of Kubernetes that several instances share, for people: who may
// refresh, and what is stored. Tells nothing of the tokens.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "kubernetes/objects.h"
#include "kubernetes/options.h"
#include "kubernetes/server.h"

namespace postern::grants {

struct KubernetesSurvey {
  struct Kept {
    std::string state;  // "stored", "none", "forgotten" or "unfit"
    std::string unfit;  // why; may be hostile
    uint64_t generation = 0;
  };

  kubernetes::LeaseObject lease;     // of whoever refreshes, for all grants; texts may be hostile
  std::map<std::string, Kept> kept;  // each grant that was asked about
};

// Reads both objects. Waits for the server, twice its timeout at most. The error says which object
// could not be read, and why.
Result<KubernetesSurvey> survey_kubernetes(kubernetes::Server& server,
                                           const kubernetes::Options& options,
                                           const std::vector<std::string>& grants);

}  // namespace postern::grants
