// The part about the limits: what is left in each bucket, and who waits.
#include <algorithm>
#include <tuple>
#include <vector>

#include "admin/html.h"
#include "admin/page_parts.h"
#include "admin/plot.h"
#include "admin/words.h"

namespace postern::admin {
namespace {

std::string minutes_of_history() {
  return span_words(std::chrono::duration_cast<std::chrono::seconds>(History::kInterval).count() *
                    static_cast<int64_t>(History::kSamples));
}

std::vector<Bar> bars_of(const std::vector<QueueSample>& samples, uint32_t QueueSample::*what,
                         std::string_view kind) {
  std::vector<Bar> bars;
  for (const QueueSample& sample : samples) bars.push_back({sample.*what, kind});
  return bars;
}

uint32_t most_of(const std::vector<QueueSample>& samples, uint32_t QueueSample::*what) {
  uint32_t most = 0;
  for (const QueueSample& sample : samples) most = std::max(most, sample.*what);
  return most;
}

// Nothing where nobody has waited: an empty plot is no news.
void append_queue_plot(std::string& out, const std::vector<QueueSample>& samples,
                       std::string_view whose) {
  const uint32_t most = most_of(samples, &QueueSample::queued);
  if (most == 0) return;
  append_bars(out, bars_of(samples, &QueueSample::queued, "queue"), History::kSamples,
              "Requests in line " + std::string(whose) + ", last " + minutes_of_history() +
                  ": at most " + std::to_string(most));
}

void append_wait_plot(std::string& out, const std::vector<QueueSample>& samples) {
  const std::string most =
      short_words(std::chrono::milliseconds(most_of(samples, &QueueSample::oldest_wait_ms)));
  append_bars(out, bars_of(samples, &QueueSample::oldest_wait_ms, "wait"), History::kSamples,
              "Longest wait in line, last " + minutes_of_history() + ": at most " + most);
  out += "<figcaption>Longest wait in line, at most <b>" + most + "</b></figcaption>";
}

void append_all_queues(std::string& out, const History& history) {
  const std::vector<QueueSample> samples = history.of_all();
  const uint32_t most = most_of(samples, &QueueSample::queued);
  if (most == 0) {
    out +=
        "<p class=\"quiet\">Nobody was seen waiting in the last " + minutes_of_history() + ".</p>";
    return;
  }
  out += "<div class=\"plots\"><figure class=\"card\">";
  append_queue_plot(out, samples, "at all buckets");
  out += "<figcaption>In line over the last " + minutes_of_history() + ", at most <b>" +
         std::to_string(most) + "</b></figcaption></figure><figure class=\"card\">";
  append_wait_plot(out, samples);
  out += "</figure></div>";
}

std::string budget_words(const relay::BucketView& bucket) {
  if (!bucket.limit) return "Limit not known yet";
  std::string words = bucket.remaining ? std::to_string(*bucket.remaining) + " of " : "";
  words += std::to_string(*bucket.limit);
  if (bucket.window_s > 0) words += " calls each " + span_words(bucket.window_s);
  return words + (bucket.remaining ? " left, as of the last answer" : "");
}

std::string answers_words(const relay::BucketView& bucket) {
  std::string words;
  for (const auto& [kind, count] : bucket.answers) {
    if (count == 0) continue;
    words += (words.empty() ? "" : ", ") + std::to_string(count) + ' ' + kind;
  }
  return words;
}

// The first route stands in the open: it is what tells buckets of one group apart.
void append_routes(std::string& out, const relay::BucketView& bucket) {
  if (bucket.routes.empty()) return;
  out += "<p class=\"route\">" + html(bucket.routes.front()) + "</p>";
  const size_t others = bucket.routes.size() - 1 + bucket.routes_left_off;
  if (others == 0) return;
  out += "<details><summary>and " + count_words(others, "other route") +
         "</summary><ul class=\"routes\">";
  for (size_t i = 1; i < bucket.routes.size(); ++i)
    out += "<li>" + html(bucket.routes[i]) + "</li>";
  if (bucket.routes_left_off > 0)
    out += "<li>and " + std::to_string(bucket.routes_left_off) + " more</li>";
  out += "</ul></details>";
}

void append_bucket(std::string& out, const relay::BucketView& bucket, const History& history) {
  const std::string name = bucket.group + " at " + bucket.host;
  out += "<article class=\"card bucket\"><header><h3><bdi>" + html(bucket.group) +
         "</bdi> <small><bdi>" + html(bucket.host) + "</bdi></small></h3>";
  if (bucket.queued > 0)
    out += "<span class=\"pill warn\">" + std::to_string(bucket.queued) + " in line</span>";
  out += "</header>";
  append_routes(out, bucket);
  out += "<p>" + html(budget_words(bucket)) + "</p>";
  if (bucket.limit && bucket.remaining) {
    const bool is_low = *bucket.remaining * 5 < *bucket.limit;
    append_gauge(out, *bucket.remaining, *bucket.limit, is_low ? "warn" : "good");
  }
  append_queue_plot(out, history.of(bucket), name);
  out += "<dl>";
  append_fact(out, "In flight",
              std::to_string(bucket.in_flight) + " of " + std::to_string(bucket.in_flight_allowed));
  if (bucket.queued > 0) append_fact(out, "Longest wait", short_words(bucket.oldest_wait));
  append_fact(out, "User", bucket.user);
  append_fact(out, "Answers", answers_words(bucket));
  if (bucket.refusals > 0) append_fact(out, "Refused", count_words(bucket.refusals, "request"));
  out += "</dl></article>";
}

// The report has the most recently used first; cards that change places cannot be read.
std::vector<const relay::BucketView*> in_steady_order(
    const std::vector<relay::BucketView>& buckets) {
  std::vector<const relay::BucketView*> order;
  for (const relay::BucketView& bucket : buckets) order.push_back(&bucket);
  const auto before = [](const relay::BucketView* a, const relay::BucketView* b) {
    return std::tie(a->host, a->user, a->group, a->routes) <
           std::tie(b->host, b->user, b->group, b->routes);
  };
  std::sort(order.begin(), order.end(), before);
  return order;
}

}  // namespace

void append_limits(std::string& out, const StatusReport& report, const History& history) {
  if (report.limits.empty()) {
    out += "<p class=\"quiet\">No call has been made yet that would tell of a limit.</p>";
    return;
  }
  append_all_queues(out, history);
  out += "<div class=\"cards\">";
  for (const relay::BucketView* bucket : in_steady_order(report.limits))
    append_bucket(out, *bucket, history);
  out += "</div>";
}

}  // namespace postern::admin
