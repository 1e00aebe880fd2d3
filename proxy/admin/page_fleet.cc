// The part about the fleet: which instances share the store, how each grant stands there, and the
// limits that are shared.
#include <string>

#include "admin/fleet_words.h"
#include "admin/html.h"
#include "admin/page_parts.h"
#include "admin/status_page.h"
#include "admin/words.h"

namespace postern::admin {
namespace {

std::string pill_of(const ReplicaReport& replica) {
  if (replica.is_overdue || replica.as_of_s) return pill("warn", state_words(replica));
  return pill(replica.presence.ready ? "good" : "bad", state_words(replica));
}

std::string held_words(const ReplicaReport::Held& held) {
  const std::string generation =
      held.generation == 0 ? "none" : "generation " + std::to_string(held.generation);
  return generation + (held.is_behind ? ", behind" : "");
}

void append_replica(std::string& out, const ReplicaReport& replica) {
  out += "<article class=\"card\"><header><h3><bdi>" + html(name_of(replica.presence)) + "</bdi>" +
         (replica.is_self ? " <small>this one</small>" : "") + "</h3>" + pill_of(replica) +
         "</header>";
  if (!replica.presence.ready && !replica.presence.why.empty())
    out += "<div class=\"trouble\"><p>" + html(replica.presence.why) + "</p></div>";
  out += "<dl>";
  append_fact(out, "Last seen",
              replica.seen_at.empty() ? "" : span_words(replica.silent_s) + " ago");
  append_fact(out, "Running for", uptime_words(replica));
  append_fact(out, "Version", replica.presence.version);
  for (const ReplicaReport::Held& held : replica.grants)
    append_fact(out, held.grant, held_words(held));
  out += "</dl></article>";
}

std::string pill_of(const SharedGrantReport& grant) {
  if (grant.state == "stored")
    return pill(grant.as_of_s ? "warn" : "good", "stored" + as_of_words(grant.as_of_s));
  if (grant.state == "none") return pill("warn", "not stored" + as_of_words(grant.as_of_s));
  return pill(grant.state == "forgotten" ? "warn" : "bad",
              grant.state.empty() ? "not known" : grant.state + as_of_words(grant.as_of_s));
}

std::string written_words(const SharedGrantReport& grant) {
  if (!grant.written_s) return {};
  return span_words(*grant.written_s) + " ago by " + grant.written_by;
}

void append_shared_grant(std::string& out, const SharedGrantReport& grant) {
  out += "<article class=\"card\"><header><h3>Grant <bdi>" + html(grant.name) + "</bdi></h3>" +
         pill_of(grant) + "</header>";
  if (!grant.fault.empty()) out += "<div class=\"trouble\"><p>" + html(grant.fault) + "</p></div>";
  out += "<dl>";
  if (grant.state == "stored")
    append_fact(out, "In the store", "generation " + std::to_string(grant.generation));
  append_fact(out, "Written", written_words(grant));
  append_fact(out, "Refreshing", lease_words(grant, "nobody, at this moment"));
  out += "</dl></article>";
}

void append_whole(std::string& out, const FleetReport& report) {
  if (!report.fault.empty())
    out += "<div class=\"trouble\"><p><strong>The store could not be read in full" +
           (report.age_s ? "; this is what it said " + span_words(*report.age_s) + " ago" : "") +
           "</strong><br>" + html(report.fault) + "</p></div>";
  out += "<p class=\"quiet\">" + html(whole_words(report)) + ". Limits are " +
         html(sharing_words(report)) + ".</p>";
  if (!report.unlisted.empty())
    out += "<p class=\"quiet\">Note: " + html(report.unlisted) + ".</p>";
}

void append_shared_bucket(std::string& out, const relay::BucketView& bucket) {
  out += "<article class=\"card\"><header><h3>Limit <bdi>" + html(name_of(bucket)) + "</bdi></h3>" +
         (bucket.share->is_alone ? pill("warn", "equal parts") : pill("good", "shared")) +
         "</header><dl>";
  append_fact(out, "Limit", limit_words(bucket));
  append_fact(out, "Taken by all", taken_words(bucket));
  append_fact(out, "By this one", own_words(bucket));
  append_fact(out, "Shared by",
              count_words(static_cast<uint64_t>(bucket.share->replicas), "instance"));
  append_fact(out, "Spent before", spent_words(bucket));
  out += "</dl></article>";
}

}  // namespace

std::string render_fleet(const FleetReport& report) {
  std::string out;
  if (report.advice.empty()) {
    append_whole(out, report);
  } else {
    out = "<p class=\"quiet\">On its own: " + html(report.advice) + ". Limits are " +
          html(sharing_words(report)) + ".</p>";
  }
  out += "<div class=\"cards\">";
  for (const ReplicaReport& replica : report.replicas) append_replica(out, replica);
  for (const SharedGrantReport& grant : report.grants) append_shared_grant(out, grant);
  for (const relay::BucketView& bucket : report.buckets) append_shared_bucket(out, bucket);
  out += "</div>";
  return out;
}

}  // namespace postern::admin
