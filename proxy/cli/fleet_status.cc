#include "cli/fleet_status.h"

#include <chrono>
#include <optional>
#include <ostream>
#include <utility>

#include "admin/fleet_words.h"
#include "admin/words.h"
#include "cli/admin_client.h"
#include "cli/table.h"
#include "cli/watch.h"

namespace postern::cli {
namespace {

using admin::FleetReport;
using admin::ReplicaReport;
using admin::SharedGrantReport;

constexpr Duration kPatience = std::chrono::seconds(5);

// Longer than the instance gives the store.
Result<FleetReport> ask(const std::string& address) {
  const auto answer = admin_call(address, "GET", "/api/fleet", "", kPatience);
  if (!answer) return fail(answer.error().what);
  const std::string who = "the instance at " + address;
  if (answer->status == 404) return fail(who + " knows no fleet: it is of an older version");
  if (answer->status != 200) return fail(who + " answered " + std::to_string(answer->status));
  auto report = admin::parse_fleet(answer->body);
  if (!report) return fail(address + ": " + report.error().what);
  return report;
}

// ------------------------------------------------------------------------------------------- words

Ink ink_of(const ReplicaReport& replica) {
  if (!replica.presence.ready) return Ink::kBad;
  return admin::is_well(replica) && !replica.as_of_s ? Ink::kGood : Ink::kUneasy;
}

Ink ink_of(const SharedGrantReport& grant) {
  return grant.state == "stored" && !grant.as_of_s ? Ink::kGood : Ink::kUneasy;
}

std::string ago(int64_t seconds) {
  return admin::span_words(seconds) + " ago";
}

std::string seen(const ReplicaReport& replica) {
  return replica.seen_at.empty() ? "" : ago(replica.silent_s);
}

std::string name_of(const ReplicaReport& replica) {
  return printable(admin::name_of(replica.presence)) + (replica.is_self ? " (this one)" : "");
}

std::string held_words(const ReplicaReport& replica) {
  std::string words;
  for (const ReplicaReport::Held& held : replica.grants)
    words += (words.empty() ? "" : ", ") + printable(held.grant) + ' ' +
             (held.generation == 0 ? "none" : std::to_string(held.generation)) +
             (held.is_behind ? " (behind)" : "");
  return words;
}

std::string record_words(const SharedGrantReport& grant) {
  if (grant.state.empty()) return "not known";
  const std::string state = grant.state == "stored"
                                ? "generation " + std::to_string(grant.generation)
                                : printable(grant.state == "none" ? "not stored" : grant.state);
  return state + admin::as_of_words(grant.as_of_s);
}

std::string written_words(const SharedGrantReport& grant) {
  return grant.written_s ? ago(*grant.written_s) + " by " + printable(grant.written_by) : "";
}

std::string fault_words(const FleetReport& report) {
  if (report.fault.empty()) return {};
  const std::string old =
      report.age_s ? "this is what it said " + ago(*report.age_s) : "nothing of it is known yet";
  return "the store could not be read in full: " + printable(report.fault, 600) + "; " + old + '\n';
}

std::string summary(const FleetReport& report) {
  return printable(admin::whole_words(report)) + "; limits are " +
         printable(admin::sharing_words(report), 600) + '\n' +
         (report.unlisted.empty() ? "" : printable(report.unlisted) + '\n');
}

std::string advice_of(const FleetReport& report) {
  return printable(report.advice, 600) + '\n' +
         (report.shares_limits ? "limits are " + printable(admin::sharing_words(report), 600) + '\n'
                               : "");
}

// --------------------------------------------------------------------------------- shared limits

std::string replicas_of(const relay::BucketView& bucket) {
  return std::to_string(bucket.share->replicas);
}

std::string bucket_lines(const FleetReport& report) {
  std::string out;
  for (const relay::BucketView& bucket : report.buckets) {
    out += "limit " + printable(admin::name_of(bucket)) + '\n';
    append_row(out, "calls", admin::limit_words(bucket));
    append_row(out, "taken by all", admin::taken_words(bucket));
    append_row(out, "by this one", admin::own_words(bucket));
    append_row(out, "instances", replicas_of(bucket));
    append_row(out, "spent before", admin::spent_words(bucket));
  }
  return out;
}

std::string bucket_table(const FleetReport& report, const Style& style) {
  if (report.buckets.empty()) return {};
  Table table({"LIMIT", "CALLS", "TAKEN BY ALL", "BY THIS ONE", "INSTANCES", "SPENT BEFORE"});
  for (const relay::BucketView& bucket : report.buckets)
    table.add({{printable(admin::name_of(bucket)), Ink::kBold},
               {admin::limit_words(bucket)},
               {admin::taken_words(bucket)},
               {admin::own_words(bucket), bucket.share->is_alone ? Ink::kUneasy : Ink::kPlain},
               {replicas_of(bucket)},
               {admin::spent_words(bucket)}});
  return '\n' + table.text(style);
}

// ---------------------------------------------------------------------------------------- asking

std::string words_of(const FleetReport& report, const Arguments& arguments,
                     const Context& context) {
  if (!context.terminal && arguments.color != ColorWhen::kAlways) return describe(report);
  return fleet_table(report, make_style(arguments.color, context));
}

std::string frame(const std::string& address, const Arguments& arguments, const Context& context) {
  const auto report = ask(address);
  return report ? words_of(*report, arguments, context) : printable(report.error().what) + '\n';
}

}  // namespace

std::string describe(const FleetReport& report) {
  if (!report.advice.empty()) return advice_of(report) + bucket_lines(report);
  std::string out = fault_words(report) + summary(report);
  for (const ReplicaReport& replica : report.replicas) {
    out += name_of(replica) + ": " + admin::state_words(replica) + '\n';
    append_row(out, "why", replica.presence.ready ? "" : replica.presence.why);
    append_row(out, "last seen", seen(replica));
    append_row(out, "running for", admin::uptime_words(replica));
    append_row(out, "version", replica.presence.version);
    append_row(out, "generations", held_words(replica));
  }
  for (const SharedGrantReport& grant : report.grants) {
    out += "grant " + printable(grant.name) + ": " + record_words(grant) + '\n';
    append_row(out, "fault", grant.fault);
    append_row(out, "written", written_words(grant));
    append_row(out, "refreshing", admin::lease_words(grant, "nobody"));
  }
  return out + bucket_lines(report);
}

std::string fleet_table(const FleetReport& report, const Style& style) {
  if (!report.advice.empty())
    return style.paint(Ink::kUneasy, advice_of(report)) + bucket_table(report, style);
  Table replicas({"INSTANCE", "STATE", "LAST SEEN", "UP", "VERSION", "GENERATIONS"});
  for (const ReplicaReport& replica : report.replicas) {
    replicas.add({{name_of(replica), Ink::kBold},
                  {admin::state_words(replica), ink_of(replica)},
                  {seen(replica)},
                  {admin::uptime_words(replica)},
                  {printable(replica.presence.version)},
                  {held_words(replica), admin::is_well(replica) ? Ink::kPlain : Ink::kUneasy}});
    if (!replica.presence.ready && !replica.presence.why.empty())
      replicas.add_note(printable(replica.presence.why, 400), Ink::kPlain);
  }
  Table grants({"GRANT", "STORE", "WRITTEN", "REFRESHING"});
  for (const SharedGrantReport& grant : report.grants) {
    grants.add({{printable(grant.name), Ink::kBold},
                {record_words(grant), ink_of(grant)},
                {written_words(grant)},
                {printable(admin::lease_words(grant, "nobody"))}});
    if (!grant.fault.empty()) grants.add_note(printable(grant.fault, 400), Ink::kBad);
  }
  return style.paint(Ink::kBad, fault_words(report)) + summary(report) + '\n' +
         replicas.text(style) + '\n' + grants.text(style) + bucket_table(report, style);
}

int fleet_status(const config::Options& options, const Arguments& arguments, Context& context) {
  const auto address = [&] { return admin_address(options, arguments.admin); };
  if (arguments.watch) {
    watch(context, [&] { return frame(address(), arguments, context); });
    return kDone;
  }
  const auto report = ask(address());
  if (!report) {
    context.err << printable(report.error().what, 400)
                << "; the fleet is seen through a running instance (--admin ADDRESS)\n";
    return kFailed;
  }
  context.out << (arguments.json ? admin::format_fleet(*report) + "\n"
                                 : words_of(*report, arguments, context));
  return admin::is_well(*report) ? kDone : kFailed;
}

}  // namespace postern::cli
