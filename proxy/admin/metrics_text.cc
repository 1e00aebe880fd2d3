#include "admin/metrics_text.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "limits/answer.h"

namespace postern::admin {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

template <class T>
double number(T value) {
  return static_cast<double>(value);
}

// One metric with its series. Where there is no series, the metric is left out.
class Family final {
 public:
  Family(std::vector<MetricFamily>& all, MetricType type, std::string name, std::string help)
      : all_(all) {
    family_.type = type;
    family_.name = std::move(name);
    family_.help = std::move(help);
  }
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;
  ~Family() {
    if (!family_.metric.empty()) all_.push_back(std::move(family_));
  }

  void reserve(size_t series) { family_.metric.reserve(series); }

  void add(Labels labels, double value) {
    ClientMetric& metric = family_.metric.emplace_back();
    metric.label = std::move(labels);
    if (family_.type == MetricType::Counter) metric.counter.value = value;
    if (family_.type == MetricType::Gauge) metric.gauge.value = value;
  }

  void add(Labels labels, const Histogram& histogram) {
    ClientMetric& metric = family_.metric.emplace_back();
    metric.label = std::move(labels);
    uint64_t count = 0;
    metric.histogram.bucket.reserve(histogram.counts.size());
    for (size_t i = 0; i < histogram.counts.size(); ++i) {
      count += histogram.counts[i];
      const double bound = i < Histogram::kBounds.size() ? Histogram::kBounds[i]
                                                         : std::numeric_limits<double>::infinity();
      metric.histogram.bucket.push_back({count, bound});
    }
    metric.histogram.sample_count = count;
    metric.histogram.sample_sum = histogram.sum;
  }

 private:
  std::vector<MetricFamily>& all_;
  MetricFamily family_;
};

// All metrics, group by group. deploy/observability/metrics.md lists their names.
class Writer final {
 public:
  explicit Writer(const MetricsSnapshot& snapshot) : from_(snapshot) {}

  void program();
  void configuration();
  void certificates();
  void requests();
  void grants();
  void upstreams();
  void limits();
  void buckets();
  void share();
  void cache();
  void process(const ProcessFigures& figures);
  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  Family counter(std::string name, std::string help) {
    return {families_, MetricType::Counter, std::move(name), std::move(help)};
  }
  Family gauge(std::string name, std::string help) {
    return {families_, MetricType::Gauge, std::move(name), std::move(help)};
  }
  Family histogram(std::string name, std::string help) {
    return {families_, MetricType::Histogram, std::move(name), std::move(help)};
  }
  void count(std::string name, std::string help, double value) {
    counter(std::move(name), std::move(help)).add({}, value);
  }
  void show(std::string name, std::string help, double value) {
    gauge(std::move(name), std::move(help)).add({}, value);
  }
  // One series of each of a list.
  template <class Things, class LabelsOf, class ValueOf>
  void each(Family family, const Things& things, LabelsOf labels_of, ValueOf value_of) {
    for (const auto& thing : things) family.add(labels_of(thing), value_of(thing));
  }
  void times();
  void traffic();
  void resends();
  void connections();

  const MetricsSnapshot& from_;
  std::vector<MetricFamily> families_;
};

void Writer::program() {
  gauge("postern_build_info", "The version that runs; always 1.")
      .add({{"version", from_.version}, {"commit", from_.commit}}, 1);
  show("postern_ready", "1: /readyz says yes.", from_.ready);
  show("postern_draining", "1: told to end; requests under way are finished.", from_.draining);
  show("postern_store_writable", "1: new tokens can be stored.", from_.store_writable);
  count("postern_log_lines_dropped_total", "Log lines that were not written.",
        number(from_.log_lines_dropped));
  count("postern_loop_stalls_total", "Times that the event loop stood still past admin.max_stall.",
        number(from_.stalls.count));
  show("postern_loop_longest_stall_seconds", "Longest of them.",
       std::chrono::duration<double>(from_.stalls.longest).count());
}

void Writer::certificates() {
  const auto listener = [](const CertificateFigures& one) -> Labels {
    return {{"listener", one.listener}};
  };
  each(gauge("postern_certificate_expiry_seconds",
             "Until the certificate that the listener shows expires."),
       from_.certificates, listener,
       [](const CertificateFigures& one) { return number(one.expires_in_s); });
  each(gauge("postern_certificate_fault", "1: its files have changed and cannot be used."),
       from_.certificates, listener, [](const CertificateFigures& one) { return one.is_faulty; });
  Family authorities = gauge("postern_client_ca_expiry_seconds",
                             "Until the next authority of the listener's callers expires.");
  Family handshakes =
      counter("postern_client_handshakes_total", "TLS handshakes with callers, by kind.");
  for (const CertificateFigures& one : from_.certificates) {
    if (one.callers_expire_in_s) authorities.add(listener(one), number(*one.callers_expire_in_s));
    handshakes.add({{"listener", one.listener}, {"kind", "full"}}, number(one.handshakes.full));
    handshakes.add({{"listener", one.listener}, {"kind", "resumed"}},
                   number(one.handshakes.resumed));
    handshakes.add({{"listener", one.listener}, {"kind", "failed"}}, number(one.handshakes.failed));
  }
}

void Writer::configuration() {
  const ConfigurationReport& configuration = from_.configuration;
  Family loads = counter("postern_configuration_loads_total",
                         "Times that the configuration was read while it ran, by outcome.");
  loads.add({{"outcome", "loaded"}}, number(configuration.loads));
  loads.add({{"outcome", "refused"}}, number(configuration.refusals));
  show("postern_configuration_fault", "1: the file has a fault, so what was loaded before holds.",
       !configuration.fault.empty());
  show("postern_configuration_needs_restart", "Settings of the file that wait for a restart.",
       number(configuration.need_restart.size()));
}

void Writer::requests() {
  const RequestFigures& figures = from_.requests;
  Family family =
      counter("postern_requests_total", "Requests that are over, by who answered and how.");
  family.reserve(figures.requests.size());
  for (const RequestFigures::Requests& one : figures.requests) {
    family.add({{"grant", figures.grants[one.grant]},
                {"route", figures.routes[one.route]},
                {"method", std::string(http::to_string(one.method))},
                {"code", std::to_string(one.status)},
                {"origin", one.is_own ? "postern" : "sentry"}},
               number(one.count));
  }
  times();
  traffic();
  count("postern_requests_unrouted_total",
        "Requests told as route other: metrics.max_series is reached.", number(figures.unrouted));
  show("postern_requests_in_flight", "Requests that are not over.", from_.relay.active);
  show("postern_client_connections", "Connections of callers.", number(from_.client_connections));
  each(
      counter("postern_problems_total", "Requests that Postern refused or broke off, by why."),
      figures.problems,
      [](const auto& one) {
        return Labels{{"code", one.name}};
      },
      [](const auto& one) { return number(one.count); });
  resends();
}

void Writer::times() {
  const RequestFigures& figures = from_.requests;
  Family family =
      histogram("postern_request_duration_seconds", "From the head of a request to its end.");
  family.reserve(figures.times.size());
  for (const RequestFigures::Times& one : figures.times) {
    family.add({{"grant", figures.grants[one.grant]}, {"route", figures.routes[one.route]}},
               one.total);
  }
}

void Writer::traffic() {
  const RequestFigures& figures = from_.requests;
  Family bytes_in = counter("postern_request_body_bytes_total", "Bytes of bodies sent on.");
  Family bytes_out = counter("postern_response_body_bytes_total", "Bytes of bodies given back.");
  Family queue = histogram("postern_request_queue_seconds",
                           "Time before a request was sent: token, rate limit, connection.");
  Family upstream = histogram("postern_request_upstream_seconds",
                              "Time from sending a request to the head of the answer.");
  for (size_t grant = 0; grant < figures.traffic.size(); ++grant) {
    const Labels labels{{"grant", figures.grants[grant]}};
    const RequestFigures::Traffic& one = figures.traffic[grant];
    bytes_in.add(labels, number(one.bytes_in));
    bytes_out.add(labels, number(one.bytes_out));
    queue.add(labels, one.queue);
    upstream.add(labels, one.upstream);
  }
}

void Writer::resends() {
  Family family = counter("postern_resends_total", "Requests sent to Sentry once more, by why.");
  family.add({{"reason", "connection"}}, number(from_.relay.retries));
  family.add({{"reason", "token"}}, number(from_.relay.replays));
  family.add({{"reason", "limit"}}, number(from_.relay.limited));
}

void Writer::grants() {
  const auto named = [](const GrantFigures& one) { return Labels{{"grant", one.name}}; };
  Family state = gauge("postern_grant_state", "1 for the state that the grant is in.");
  Family refreshes = counter("postern_grant_refreshes_total", "Refreshes, by how they ended.");
  Family expiry = gauge("postern_grant_token_expiry_seconds",
                        "Seconds until the token expires; less than 0: it has.");
  for (const GrantFigures& one : from_.grants) {
    for (const auto each_state :
         {grants::GrantState::kMissing, grants::GrantState::kUnknown, grants::GrantState::kFresh,
          grants::GrantState::kRefreshing, grants::GrantState::kRevoked})
      state.add({{"grant", one.name}, {"state", std::string(to_string(each_state))}},
                one.state == each_state);
    for (size_t kind = 0; kind < one.refreshes.size(); ++kind)
      refreshes.add(
          {{"grant", one.name},
           {"outcome", std::string(to_string(static_cast<grants::RefreshOutcome::Kind>(kind)))}},
          number(one.refreshes[kind]));
    if (one.expires_in_s) expiry.add(named(one), number(*one.expires_in_s));
  }
  each(gauge("postern_grant_usable", "1: has a token that has not expired."), from_.grants, named,
       [](const GrantFigures& one) { return number(one.usable); });
  each(gauge("postern_grant_stored", "0: the newest tokens are in memory only."), from_.grants,
       named, [](const GrantFigures& one) { return number(one.stored); });
  each(gauge("postern_grant_needs_login", "1: only a person can get it a token."), from_.grants,
       named, [](const GrantFigures& one) { return number(one.needs_person); });
}

void Writer::upstreams() {
  const auto labels_of = [](const PoolFigures& pool, std::string name, std::string_view value) {
    return Labels{{"upstream", pool.upstream},
                  {"purpose", pool.for_tokens ? "tokens" : "requests"},
                  {std::move(name), std::string(value)}};
  };
  Family connections = gauge("postern_upstream_connections", "Connections to Sentry, by state.");
  Family handshakes =
      counter("postern_upstream_handshakes_total", "TLS handshakes that worked, by kind.");
  Family failures =
      counter("postern_upstream_connect_failures_total", "Connections not made, by stage.");
  Family protocol =
      gauge("postern_upstream_protocol", "1: what the newest connection speaks, by version.");
  Family waiting = gauge("postern_upstream_waiting", "Calls that wait for a connection.");
  for (const PoolFigures& pool : from_.pools) {
    const wire::PoolStatus& status = pool.status;
    connections.add(labels_of(pool, "state", "busy"), number(status.open - status.idle));
    connections.add(labels_of(pool, "state", "idle"), number(status.idle));
    connections.add(labels_of(pool, "state", "connecting"), number(status.connecting));
    const wire::PoolCounters& counters = status.counters;
    handshakes.add(labels_of(pool, "kind", "full"), number(counters.connected - counters.resumed));
    handshakes.add(labels_of(pool, "kind", "resumed"), number(counters.resumed));
    for (size_t stage = 0; stage < counters.failed.size(); ++stage)
      failures.add(labels_of(pool, "stage", wire::PoolCounters::kStages[stage]),
                   number(counters.failed[stage]));
    if (!counters.tls.empty()) {
      Labels versions = labels_of(pool, "tls", counters.tls);
      versions.push_back({"http", "1.1"});
      protocol.add(std::move(versions), 1);
    }
    Labels labels = labels_of(pool, "", "");
    labels.pop_back();
    waiting.add(std::move(labels), number(status.waiting));
  }
}

void Writer::limits() {
  Family family = counter("postern_limit_answers_total",
                          "Sentry's answers to calls that are counted, by what the limits say.");
  for (size_t kind = 0; kind < from_.limit_answers.size(); ++kind) {
    const auto name = limits::to_string(static_cast<limits::AnswerKind>(kind));
    family.add({{"kind", std::string(name)}}, number(from_.limit_answers[kind]));
  }
  count("postern_limit_refusals_total", "Requests refused for a limit, or because Sentry rests.",
        number(from_.relay.refused));
}

void Writer::buckets() {
  using Bucket = postern::limits::BucketFigures;
  const auto labels_of = [](const Bucket& one) {
    return Labels{{"user", one.user},
                  {"host", one.host},
                  {"group", one.group},
                  {"bucket", std::to_string(one.number)}};
  };
  Family limit = gauge("postern_bucket_limit", "Calls that Sentry allows in a window.");
  Family remaining = gauge("postern_bucket_remaining", "Of them left, as the newest answer said.");
  Family window = gauge("postern_bucket_window_seconds", "Length of the window.");
  Family concurrent =
      gauge("postern_bucket_concurrent_limit", "Calls that Sentry allows at the same time.");
  Family rejections =
      counter("postern_bucket_rejections_total", "Calls that Sentry turned away, by kind.");
  for (const Bucket& one : from_.buckets) {
    const Labels labels = labels_of(one);
    if (one.bucket.limit) limit.add(labels, number(*one.bucket.limit));
    if (one.bucket.remaining) remaining.add(labels, number(*one.bucket.remaining));
    if (one.bucket.window > 0) window.add(labels, number(one.bucket.window));
    if (one.bucket.concurrent_limit) concurrent.add(labels, number(*one.bucket.concurrent_limit));
    for (size_t kind = 1; kind < one.bucket.answers.size(); ++kind) {
      Labels with_kind = labels;
      const auto name = postern::limits::to_string(static_cast<postern::limits::AnswerKind>(kind));
      with_kind.push_back({"kind", std::string(name)});
      rejections.add(std::move(with_kind), number(one.bucket.answers[kind]));
    }
  }
  each(gauge("postern_bucket_in_flight", "Calls under way."), from_.buckets, labels_of,
       [](const Bucket& one) { return number(one.bucket.in_flight); });
  each(gauge("postern_bucket_queued", "Requests that wait."), from_.buckets, labels_of,
       [](const Bucket& one) { return number(one.queued); });
  each(counter("postern_bucket_refusals_total", "Requests that could not be served in time."),
       from_.buckets, labels_of, [](const Bucket& one) { return number(one.refusals); });
}

void Writer::share() {
  if (!from_.share) return;
  const ShareReport& share = *from_.share;
  show("postern_limits_shared", "0: Redis does not answer in time, so each takes an equal part.",
       share.fault.empty());
  show("postern_limits_share_replicas", "Posterns that share limits, those at rest too if known.",
       number(share.replicas));
  Family questions =
      counter("postern_limits_share_questions_total", "Questions to Redis, by outcome.");
  questions.add({{"outcome", "answered"}}, number(share.answered));
  questions.add({{"outcome", "late"}}, number(share.late));
  questions.add({{"outcome", "failed"}}, number(share.failed));
}

void Writer::cache() {
  if (!from_.cache) return;
  const CacheReport& cache = *from_.cache;
  {
    Family requests =
        counter("postern_cache_requests_total", "Requests by what the cache had for them.");
    requests.add({{"outcome", "hit"}}, number(cache.hits));
    requests.add({{"outcome", "miss"}}, number(cache.misses));
    requests.add({{"outcome", "coalesced"}}, number(cache.coalesced));
    requests.add({{"outcome", "bypass"}}, number(cache.bypasses));
  }
  show("postern_cache_bytes", "Memory of answers kept, being gathered or served.",
       number(cache.bytes));
  show("postern_cache_answers", "Answers kept.", number(cache.answers));
}

void Writer::process(const ProcessFigures& figures) {
  count("process_cpu_seconds_total", "CPU time of the process.", figures.cpu_seconds);
  show("process_start_time_seconds", "When it was started, since 1970.", figures.start_time);
  show("process_resident_memory_bytes", "Memory in use.", number(figures.resident_bytes));
  show("process_virtual_memory_bytes", "Address space in use.", number(figures.virtual_bytes));
  show("process_open_fds", "Open file descriptors.", number(figures.open_fds));
  show("process_max_fds", "How many there may be.", number(figures.max_fds));
  show("process_threads", "Threads.", number(figures.threads));
}

}  // namespace

std::string format_metrics(const MetricsSnapshot& snapshot, const ProcessFigures& process) {
  Writer writer(snapshot);
  writer.program();
  writer.configuration();
  writer.certificates();
  writer.requests();
  writer.grants();
  writer.upstreams();
  writer.limits();
  writer.buckets();
  writer.share();
  writer.cache();
  writer.process(process);
  return writer.text();
}

}  // namespace postern::admin
