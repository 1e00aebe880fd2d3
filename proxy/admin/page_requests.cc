// The parts about what went through: calls to Sentry, and the last requests.
#include <algorithm>
#include <array>
#include <vector>

#include "admin/html.h"
#include "admin/page_parts.h"
#include "admin/plot.h"
#include "admin/words.h"
#include "grants/timestamp.h"

namespace postern::admin {
namespace {

constexpr size_t kLatencySlots = 100;

// ----------------------------------------------------------------------------------- the upstream

struct Traffic {
  uint64_t calls = 0;
  uint64_t errors = 0;  // 5xx of Sentry's, and calls that came to nothing
  uint64_t limited = 0;
  std::vector<Duration> times;  // sorted
};

bool called_sentry(const InspectedRequest& request) {
  return request.attempts > 0;
}

bool has_failed(const InspectedRequest& request) {
  const bool is_theirs = request.origin.text() == "sentry";
  return (is_theirs && request.status >= 500) || request.code.text().starts_with("upstream_");
}

Traffic traffic_of(const Inspector& inspector) {
  Traffic traffic;
  for (size_t back = 0; back < inspector.size(); ++back) {
    const InspectedRequest& request = inspector.newest(back);
    if (!called_sentry(request)) continue;
    traffic.calls += static_cast<uint64_t>(request.attempts);
    traffic.limited += static_cast<uint64_t>(request.limited);
    traffic.errors += has_failed(request) ? 1 : 0;
    traffic.times.push_back(request.upstream);
  }
  std::sort(traffic.times.begin(), traffic.times.end());
  return traffic;
}

// REQUIRES: there are times.
std::string percentile(const std::vector<Duration>& times, size_t percent) {
  return short_words(times[std::min(times.size() - 1, times.size() * percent / 100)]);
}

std::string_view kind_of(const InspectedRequest& request) {
  if (has_failed(request)) return "bad";
  return request.status >= 400 ? "warn" : "good";
}

std::string title_of(const InspectedRequest& request) {
  return std::string(request.method.text()) + ' ' + std::string(request.route.text()) + ": " +
         std::to_string(request.status) + ", " + short_words(request.upstream);
}

void append_latency_plot(std::string& out, const Inspector& inspector, const Traffic& traffic) {
  std::vector<Bar> bars;
  for (size_t back = 0; back < inspector.size() && bars.size() < kLatencySlots; ++back) {
    const InspectedRequest& request = inspector.newest(back);
    if (!called_sentry(request)) continue;
    const auto microseconds =
        std::chrono::duration_cast<std::chrono::microseconds>(request.upstream).count();
    bars.push_back({static_cast<uint64_t>(std::max<int64_t>(microseconds, 0)), kind_of(request),
                    title_of(request)});
  }
  std::reverse(bars.begin(), bars.end());
  out += "<figure class=\"card\">";
  append_bars(out, bars, kLatencySlots,
              "Time at Sentry of the last " + count_words(bars.size(), "request") + ": median " +
                  percentile(traffic.times, 50) + ", longest " + percentile(traffic.times, 100));
  out += "<figcaption>Time at Sentry of the last <b>" + count_words(bars.size(), "request") +
         "</b>, the newest at the right</figcaption></figure>";
}

void append_figure(std::string& out, std::string_view name, const std::string& value) {
  out += "<div><dt>" + html(name) + "</dt><dd>" + html(value) + "</dd></div>";
}

// ----------------------------------------------------------------------------------- the requests

std::string status_words(const InspectedRequest& request) {
  return request.status == 0 ? "left" : std::to_string(request.status);
}

std::string_view status_kind(const InspectedRequest& request) {
  if (request.status >= 500) return "bad";
  return request.status == 0 || request.status >= 400 ? "warn" : "good";
}

// What there is to say beside the status.
std::string notes_of(const InspectedRequest& request) {
  std::string notes;
  const auto add = [&notes](std::string_view words) {
    if (words.empty()) return;
    if (!notes.empty()) notes += "; ";
    notes += words;
  };
  add(request.code.text());
  add(request.reason.text());
  if (request.missing_scope.size() > 0) add("lacks " + std::string(request.missing_scope.text()));
  if (request.cache.size() > 0) add("cache " + std::string(request.cache.text()));
  if (request.limited > 0)
    add(count_words(static_cast<uint64_t>(request.limited), "limit") + " met");
  return notes;
}

std::string who(const InspectedRequest& request) {
  std::string words;
  for (const std::string_view part :
       {request.grant.text(), request.listener.text(), request.client.text()}) {
    if (part.empty()) continue;
    words += (words.empty() ? "" : " · ") + std::string(part);
  }
  return words;
}

void append_cell(std::string& out, std::string_view kind, const std::string& text) {
  out += "<td role=\"cell\" class=\"" + std::string(kind) + "\">" + html(text) + "</td>";
}

// In line and at Sentry.
void append_spent(std::string& out, const InspectedRequest& request, Duration longest) {
  if (request.attempts == 0 && request.queue == Duration::zero()) {
    out += "<small>not sent</small>";
    return;
  }
  append_waterfall(out, request, longest);
  out +=
      "<small>" + short_words(request.queue) + " + " + short_words(request.upstream) + "</small>";
}

// `size`: of the whole, as it went over the wire.
void append_body(std::string& out, std::string_view name, const InspectedBody& body,
                 uint64_t size) {
  if (body.form.size() == 0) return;
  const std::string title = std::string(name) + " body, " + bytes_words(size);
  if (body.form.text() != "text") {
    out += "<small>" + html(title + ", " + std::string(body.form.text())) + "</small>";
    return;
  }
  out += "<details><summary>" + html(title + (body.is_cut ? ", the beginning" : "")) +
         "</summary><pre>";
  append_html(out, body.text);
  out += "</pre></details>";
}

void append_request(std::string& out, const InspectedRequest& request, Duration longest) {
  out += "<tr role=\"row\" id=\"request-" + std::to_string(request.number) + "\">";
  out += "<td role=\"cell\" class=\"when\"><time datetime=\"" +
         grants::format_timestamp(request.ended_at) + "\">" + clock_words(request.ended_at) +
         "</time></td>";
  append_cell(out, "method", std::string(request.method.text()));
  const std::string notes = notes_of(request);
  out += "<td role=\"cell\" class=\"route\"><bdi>" + html(request.route.text()) + "</bdi>";
  if (!notes.empty()) out += "<small>" + html(notes) + "</small>";
  append_body(out, "Request", request.request_body, request.bytes_in);
  append_body(out, "Response", request.response_body, request.bytes_out);
  out += "</td><td role=\"cell\" class=\"status\"><span class=\"pill " +
         std::string(status_kind(request)) + "\">" + status_words(request) + "</span></td>";
  append_cell(out, "origin", std::string(request.origin.text()));
  out += "<td role=\"cell\" class=\"who\"><bdi>" + html(who(request)) + "</bdi></td>";
  out += "<td role=\"cell\" class=\"spent\">";
  append_spent(out, request, longest);
  out += "</td>";
  append_cell(out, "attempts", std::to_string(request.attempts));
  out += "</tr>";
}

Duration longest_of(const Inspector& inspector) {
  Duration longest{};
  for (size_t back = 0; back < inspector.size(); ++back)
    longest = std::max(longest, inspector.newest(back).total);
  return longest;
}

constexpr std::array<std::string_view, 8> kColumns{
    "Time", "Method", "Route", "Status", "From", "Who", "In line + at Sentry", "Calls"};

// ---------------------------------------------------------------------------------- the upstreams

void append_connections(std::string& out, const UpstreamReport& upstream) {
  out += "<article class=\"card\"><header><h3><bdi>" + html(upstream.url) + "</bdi> <small>" +
         (upstream.for_tokens ? "for tokens" : "for requests") + "</small></h3></header><dl>";
  append_fact(out, "Connections",
              std::to_string(upstream.busy) + " busy, " + std::to_string(upstream.idle) +
                  " idle, " + std::to_string(upstream.connecting) + " being made");
  if (upstream.waiting > 0) append_fact(out, "In line", count_words(upstream.waiting, "call"));
  append_fact(out, "Made",
              std::to_string(upstream.connected) + ", " + std::to_string(upstream.resumed) +
                  " with an earlier TLS session");
  append_fact(out, "Not made", std::to_string(upstream.connect_failures));
  out += "</dl></article>";
}

void append_traffic(std::string& out, const Inspector& inspector) {
  const Traffic traffic = traffic_of(inspector);
  if (traffic.times.empty()) {
    out += inspector.most() == 0
               ? "<p class=\"quiet\">admin.inspect is 0: no request is remembered.</p>"
               : "<p class=\"quiet\">No call to Sentry yet.</p>";
    return;
  }
  out += "<dl class=\"figures\">";
  append_figure(out, "calls", std::to_string(traffic.calls));
  append_figure(out, "failed", std::to_string(traffic.errors));
  append_figure(out, "met a limit", std::to_string(traffic.limited));
  append_figure(out, "median", percentile(traffic.times, 50));
  append_figure(out, "95 %", percentile(traffic.times, 95));
  append_figure(out, "longest", percentile(traffic.times, 100));
  out += "</dl>";
  append_latency_plot(out, inspector, traffic);
}

}  // namespace

void append_upstream(std::string& out, const StatusReport& report, const Inspector& inspector) {
  append_traffic(out, inspector);
  out += "<div class=\"cards\">";
  for (const UpstreamReport& upstream : report.upstreams) append_connections(out, upstream);
  out += "</div>";
}

void append_requests(std::string& out, const Inspector& inspector) {
  if (inspector.most() == 0) {
    out += "<p class=\"quiet\">admin.inspect is 0: no request is remembered.</p>";
    return;
  }
  out += "<table role=\"table\" class=\"requests\"><caption>The last " +
         count_words(inspector.size(), "request") + " of " + std::to_string(inspector.total()) +
         " since the start, the newest first, times in <span class=\"zone\">UTC</span></caption>";
  out += "<thead role=\"rowgroup\"><tr role=\"row\">";
  for (const std::string_view column : kColumns)
    out += "<th role=\"columnheader\" scope=\"col\">" + std::string(column) + "</th>";
  out += "</tr></thead><tbody role=\"rowgroup\">";
  const Duration longest = longest_of(inspector);
  for (size_t back = 0; back < inspector.size(); ++back)
    append_request(out, inspector.newest(back), longest);
  out += "</tbody></table>";
  if (inspector.size() == 0) out += "<p class=\"quiet\">None yet.</p>";
}

}  // namespace postern::admin
