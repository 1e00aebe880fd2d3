#include "cli/doctor.h"

#include <array>
#include <ostream>
#include <string>
#include <utility>

#include "cli/style.h"
#include "grants/organization.h"
#include "grants/registry.h"
#include "grants/remedy.h"
#include "grants/static_store.h"
#include "grants/timestamp.h"
#include "runtime/store.h"

namespace postern::cli {
namespace {

// A stage of the network path, in the order in which it is passed.
struct Stage {
  std::string_view name;
  std::string_view good;    // what it means that it was passed
  std::string_view advice;  // when it was not
};

constexpr std::array<Stage, 6> kStages{{
    {"resolve", "the name has an address",
     "check sentry.url (or the egress proxy's name) and the DNS of this machine"},
    {"connect", "TCP connects",
     "check firewall and routing; where only a proxy leads out, set sentry.egress_proxy"},
    {"proxy", "the egress proxy lets us through",
     "check sentry.egress_proxy (or HTTPS_PROXY): address, user, password, allowed hosts"},
    {"tls", "the certificate is right",
     "if a company's proxy or an own Sentry is in between, name its authority in sentry.ca_file; "
     "check the clock of this machine"},
    {"request", "the request was sent", "the connection broke; try again"},
    {"response", "an answer came",
     "Sentry, or something in between, did not answer as HTTP; try again, or look at its status"},
}};

class Doctor final {
 public:
  Doctor(const config::Options& options, const Probes& probes, const Clock& clock, Context& context,
         Style style)
      : options_(options), probes_(probes), clock_(clock), context_(context), style_(style) {}

  // Whether every link holds.
  bool examine(const config::GrantSetup& setup) {
    setup_ = &setup;
    context_.out << "grant " << setup.grant.name << ", organization " << setup.grant.organization
                 << ", " << setup.sentry.url << '\n';
    grants::Grant grant(setup.grant);
    if (!load_token(grant)) return false;
    std::string path = "/api/0/organizations/" + setup.grant.organization + "/";
    auto result = probes_.sentry(options_, grant, path);
    return passed_network(result) && accepted(result, path);
  }

  // The Redis of the limits that are shared, whatever the store is.
  bool examine_limits() {
    if (options_.limits_share == config::LimitsShare::kOff) return true;
    context_.out << "shared limits, store.redis\n";
    const auto found = probes_.limits(options_);
    if (found) return good("redis", printable(*found, 400));
    return broken(
        "redis", printable(found.error().what, 600),
        "until then each instance takes an equal part of each limit; README.md, More than "
        "one, has what Redis it takes and which rights");
  }

 private:
  bool good(std::string_view link, const std::string& text) {
    line(style_.paint(Ink::kGood, "ok") + "  ", link, text);
    return true;
  }
  bool broken(std::string_view link, const std::string& text, std::string_view advice) {
    line(style_.paint(Ink::kBad, "FAIL"), link, text);
    context_.out << "      what to do: " << advice << '\n';
    return false;
  }
  void line(const std::string& mark, std::string_view link, const std::string& text) {
    std::string name(link);
    name.resize(std::max<size_t>(name.size(), 12), ' ');
    context_.out << "  " << mark << "  " << name << "  " << text << '\n';
  }

  // How this kind of grant gets a token when there is none that is good.
  std::string cure() const { return grants::remedy(setup_->grant); }
  std::string first_token() const {
    if (setup_->grant.kind != grants::Kind::kIntegration) return cure();
    return "start " + grants::serve_command(setup_->grant) +
           ", which asks Sentry for the first token";
  }

  bool load_token(grants::Grant& grant) {
    if (grant.options().kind == grants::Kind::kStatic) {
      grants::StaticStore fixed(grant.options());
      return load_from(fixed, grant);
    }
    const std::string& folder = options_.store.path;
    // Looking must not make the folder: it could get the wrong owner.
    if (!runtime::has_store(options_.store)) {
      return broken("store", folder + " is not there", first_token());
    }
    auto store = runtime::open_store(options_);
    if (!store) return broken("store", store.error().what, "correct that; see above");
    return load_from(**store, grant);
  }

  bool load_from(grants::Store& store, grants::Grant& grant) {
    auto stored = store.load(grant.options().name);
    if (!stored && stored.error().passes)
      return broken("store", stored.error().what, "see whether it runs, and is reached from here");
    if (!stored) return broken("store", stored.error().what, grants::repair(setup_->grant));
    std::string where = store.where(grant.options().name);
    if (!*stored) return broken("store", where + " is not there", first_token());
    good("store", where);
    return check_stored(**stored, grant);
  }

  bool check_stored(const grants::StoredGrant& stored, grants::Grant& grant) {
    if (stored.sentry != setup_->sentry.url) {
      return broken("token", "was issued by " + printable(stored.sentry) + ", not by sentry.url",
                    grants::repair(setup_->grant));
    }
    grant.adopt(grants::make_token(stored, clock_));
    std::string until = stored.expires_at ? grants::format_timestamp(*stored.expires_at) : "";
    if (grant.token()->expired(clock_.now())) {
      return broken("token", "expired " + until, cure());
    }
    return good("token", until.empty() ? "does not expire" : "valid until " + until);
  }

  bool passed_network(const runtime::ProbeResult& result) {
    for (const Stage& stage : kStages) {
      if (!result.ok && result.stage == stage.name) {
        return broken(stage.name, printable(result.detail), stage.advice);
      }
      bool is_direct = stage.name == "proxy" && setup_->sentry.egress_proxy.empty();
      if (!is_direct) good(stage.name, std::string(stage.good));
    }
    if (result.ok) return true;
    return broken(result.stage, printable(result.detail), "try again");
  }

  // Did Sentry accept the token for this organization?
  bool accepted(const runtime::ProbeResult& result, const std::string& path) {
    std::string answer = "GET " + path + " answered " + std::to_string(result.status);
    std::string said = result.status >= 400 ? answer + ": " + printable(result.body) : answer;
    if (result.status == 401) {
      return broken("token", said, "the token was revoked or replaced: " + cure());
    }
    if (result.status == 403 || result.status == 404)
      return broken("organization", said, grants::advice_on(result.status));
    if (result.status == 429) {
      return good("organization", answer + ": busy at the moment, but the whole chain holds");
    }
    if (result.status < 200 || result.status > 299) {
      return broken("organization", said, "not an answer of a healthy Sentry API; try again");
    }
    return good("organization", answer);
  }

  const config::Options& options_;
  const Probes& probes_;
  const Clock& clock_;
  Context& context_;
  const Style style_;
  const config::GrantSetup* setup_ = nullptr;
};

}  // namespace

int doctor(const config::Options& options, const Arguments& arguments, const Probes& probes,
           const Clock& clock, Context& context) {
  Doctor doctor(options, probes, clock, context, make_style(arguments.color, context));
  bool found = false;
  bool all_well = true;
  for (const config::GrantSetup& setup : options.grants) {
    if (!arguments.grant.empty() && setup.grant.name != arguments.grant) continue;
    found = true;
    all_well = doctor.examine(setup) && all_well;
  }
  if (!found) {
    context.err << "there is no grant " << printable(arguments.grant)
                << "; there are: " << grants::Registry(config::grant_options(options)).names()
                << '\n';
    return kUsage;
  }
  all_well = doctor.examine_limits() && all_well;
  return all_well ? kDone : kFailed;
}

}  // namespace postern::cli
