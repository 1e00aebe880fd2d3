#include "grants/kubernetes_survey.h"

#include <utility>

#include "grants/kubernetes_record.h"
#include "kubernetes/requests.h"

namespace postern::grants {
namespace {

using Kept = KubernetesSurvey::Kept;

// The text of an object; `what` is "Lease shop/postern-refresh".
Result<Secret> read(kubernetes::Server& server, const kubernetes::Request& request,
                    const kubernetes::Options& options, const std::string& what) {
  auto reply = server.call(request);
  if (!reply) return fail("the " + what + " cannot be read: " + reply.error().what);
  if (reply->status != kubernetes::kOk)
    return fail(options.server + " does not show the " + what + " (" +
                std::to_string(reply->status) +
                "): " + kubernetes::message_of(reply->body.reveal()));
  return std::move(reply->body);
}

Kept kept_of(const kubernetes::SecretObject& secret, const std::string& grant) {
  const auto found = secret.data.find(grant);
  if (found == secret.data.end()) return {"none", "", 0};
  const auto record = parse_record(found->second.reveal());
  if (!record) return {"unfit", record.error().what, 0};
  const char* state = !record->document.empty() ? "stored"
                      : record->generation > 0  ? "forgotten"
                                                : "none";
  return {state, "", record->generation};
}

}  // namespace

Result<KubernetesSurvey> survey_kubernetes(kubernetes::Server& server,
                                           const kubernetes::Options& options,
                                           const std::vector<std::string>& grants) {
  const std::string lease_name = "Lease " + options.namespace_name + "/" + options.lease;
  auto text = read(server, kubernetes::get_lease(options), options, lease_name);
  if (!text) return tl::unexpected(text.error());
  auto lease = kubernetes::parse_lease(text->reveal());
  if (!lease) return fail("the " + lease_name + " is unusable: " + lease.error().what);

  const std::string secret_name = "Secret " + options.namespace_name + "/" + options.secret;
  text = read(server, kubernetes::get_secret(options), options, secret_name);
  if (!text) return tl::unexpected(text.error());
  const auto secret = kubernetes::parse_secret(text->reveal());
  if (!secret) return fail("the " + secret_name + " is unusable: " + secret.error().what);

  KubernetesSurvey survey{std::move(*lease), {}};
  for (const std::string& grant : grants) survey.kept[grant] = kept_of(*secret, grant);
  return survey;
}

}  // namespace postern::grants
