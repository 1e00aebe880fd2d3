// The document about the fleet, and what its instances say of themselves.
#include <algorithm>
#include <utility>

#include "admin/bucket_document.h"
#include "admin/fleet_report.h"
#include "admin/json_fields.h"

namespace postern::admin {
namespace {

using nlohmann::json;

constexpr size_t kLongestName = 100;
constexpr size_t kLongestReason = 300;
constexpr size_t kMostGrants = 1000;
constexpr int64_t kLongestUptime = 9'000'000'000;  // seconds; in nanoseconds a Duration still

std::string cut(std::string text, size_t most) {
  if (text.size() > most) text.resize(most);
  return text;
}

json document_of(const Presence& presence) {
  return {{"name", presence.name},
          {"pid", presence.pid},
          {"version", presence.version},
          {"uptime_s", presence.uptime_s},
          {"ready", presence.ready},
          {"why", or_null(cut(presence.why, kLongestReason))},
          {"shares_limits", presence.shares_limits}};
}

Presence presence_of(const json& object) {
  Presence presence;
  presence.name = cut(text_of(object, "name"), kLongestName);
  presence.pid = number_of(object, "pid");
  presence.version = cut(text_of(object, "version"), kLongestName);
  presence.uptime_s = std::clamp<int64_t>(number_of(object, "uptime_s"), 0, kLongestUptime);
  presence.ready = flag_of(object, "ready", false);
  presence.why = cut(text_of(object, "why"), kLongestReason);
  presence.shares_limits = flag_of(object, "shares_limits", false);
  return presence;
}

json document_of(const ReplicaReport& replica) {
  json object = document_of(replica.presence);
  object["id"] = replica.id;
  object["self"] = replica.is_self;
  object["started_at"] = or_null(replica.started_at);
  object["last_seen_at"] = or_null(replica.seen_at);
  object["last_seen_s"] = replica.silent_s;
  object["overdue"] = replica.is_overdue;
  object["as_of_s"] = or_null(replica.as_of_s);
  object["grants"] = json::array();
  for (const ReplicaReport::Held& held : replica.grants)
    object["grants"].push_back(
        {{"name", held.grant}, {"generation", held.generation}, {"behind", held.is_behind}});
  return object;
}

ReplicaReport replica_of(const json& object) {
  ReplicaReport replica;
  replica.presence = presence_of(object);
  replica.id = text_of(object, "id");
  replica.is_self = flag_of(object, "self", false);
  replica.started_at = text_of(object, "started_at");
  replica.seen_at = text_of(object, "last_seen_at");
  replica.silent_s = number_of(object, "last_seen_s");
  replica.is_overdue = flag_of(object, "overdue", false);
  replica.as_of_s = known_number(object, "as_of_s");
  for (const json& held : list_of(object, "grants")) {
    if (!held.is_object()) continue;
    replica.grants.push_back({text_of(held, "name"),
                              static_cast<uint64_t>(number_of(held, "generation")),
                              flag_of(held, "behind", false)});
  }
  return replica;
}

json document_of(const SharedGrantReport& grant) {
  json object = {{"name", grant.name},
                 {"state", or_null(grant.state)},
                 {"fault", or_null(grant.fault)},
                 {"as_of_s", or_null(grant.as_of_s)},
                 {"generation", grant.generation},
                 {"written_at", or_null(grant.written_at)},
                 {"written_s", or_null(grant.written_s)},
                 {"written_by", or_null(grant.written_by)},
                 {"lease", nullptr}};
  if (grant.lease)
    object["lease"] = {{"holder", grant.lease->holder},
                       {"since", or_null(grant.lease->since)},
                       {"until", or_null(grant.lease->until)},
                       {"held_s", grant.lease->held_s},
                       {"left_s", grant.lease->left_s}};
  return object;
}

SharedGrantReport shared_grant_of(const json& object) {
  SharedGrantReport grant;
  grant.name = text_of(object, "name");
  grant.state = text_of(object, "state");
  grant.fault = text_of(object, "fault");
  grant.as_of_s = known_number(object, "as_of_s");
  grant.generation = static_cast<uint64_t>(number_of(object, "generation"));
  grant.written_at = text_of(object, "written_at");
  grant.written_s = known_number(object, "written_s");
  grant.written_by = text_of(object, "written_by");
  if (const json& lease = part_of(object, "lease"); !lease.empty())
    grant.lease =
        LeaseReport{text_of(lease, "holder"), text_of(lease, "since"), text_of(lease, "until"),
                    number_of(lease, "held_s"), number_of(lease, "left_s")};
  return grant;
}

}  // namespace

std::string format_presence(const Presence& presence) {
  json object = document_of(presence);
  object["grants"] = json::object();
  for (const auto& [grant, generation] : presence.generations) object["grants"][grant] = generation;
  return object.dump(-1, ' ', true, json::error_handler_t::replace);
}

std::optional<Presence> parse_presence(std::string_view text) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  Presence presence = presence_of(object);
  for (const auto& [grant, generation] : part_of(object, "grants").items()) {
    if (presence.generations.size() >= kMostGrants) break;
    if (generation.is_number_unsigned())
      presence.generations[cut(grant, kLongestName)] = generation.get<uint64_t>();
  }
  return presence;
}

std::string name_of(const Presence& presence) {
  return presence.name + '/' + std::to_string(presence.pid);
}

bool is_well(const ReplicaReport& replica) {
  return replica.presence.ready && !replica.is_overdue &&
         std::none_of(replica.grants.begin(), replica.grants.end(),
                      [](const ReplicaReport::Held& held) { return held.is_behind; });
}

bool is_well(const FleetReport& report) {
  return report.advice.empty() && report.fault.empty() &&
         std::all_of(report.replicas.begin(), report.replicas.end(),
                     [](const ReplicaReport& replica) { return is_well(replica); }) &&
         std::all_of(report.grants.begin(), report.grants.end(),
                     [](const SharedGrantReport& grant) { return grant.fault.empty(); });
}

std::string format_fleet(const FleetReport& report) {
  json document = {{"advice", or_null(report.advice)},
                   {"store", or_null(report.place)},
                   {"unlisted", or_null(report.unlisted)},
                   {"fault", or_null(report.fault)},
                   {"read_at", or_null(report.read_at)},
                   {"age_s", or_null(report.age_s)},
                   {"shares_limits", report.shares_limits},
                   {"replicas", json::array()},
                   {"grants", json::array()},
                   {"limits_fault", or_null(report.limits_fault)},
                   {"buckets", json::array()}};
  for (const ReplicaReport& replica : report.replicas)
    document["replicas"].push_back(document_of(replica));
  for (const SharedGrantReport& grant : report.grants)
    document["grants"].push_back(document_of(grant));
  for (const relay::BucketView& bucket : report.buckets)
    document["buckets"].push_back(shared_document_of(bucket));
  return printed(document);
}

Result<FleetReport> parse_fleet(std::string_view text) {
  const json document = json::parse(text, nullptr, false);
  const bool is_fleet = document.is_object() && document.contains("replicas");
  if (!is_fleet) return fail("the answer is not Postern's fleet");
  FleetReport report;
  report.advice = text_of(document, "advice");
  report.place = text_of(document, "store");
  report.unlisted = text_of(document, "unlisted");
  report.fault = text_of(document, "fault");
  report.read_at = text_of(document, "read_at");
  report.age_s = known_number(document, "age_s");
  report.shares_limits = flag_of(document, "shares_limits", false);
  report.limits_fault = text_of(document, "limits_fault");
  for (const json& replica : list_of(document, "replicas"))
    if (replica.is_object()) report.replicas.push_back(replica_of(replica));
  for (const json& grant : list_of(document, "grants"))
    if (grant.is_object()) report.grants.push_back(shared_grant_of(grant));
  for (const json& bucket : list_of(document, "buckets"))
    if (bucket.is_object()) report.buckets.push_back(shared_bucket_of(bucket));
  return report;
}

}  // namespace postern::admin
