#include "relay/limits_log.h"

namespace postern::relay {
namespace {

void describe(log::Line& line, const limits::LimitNews& news) {
  line.str("upstream", news.key.host).str("holder", news.key.user).str("group", news.key.group);
  line.str("route", news.route);
  if (news.bucket.limit) line.num("limit", *news.bucket.limit);
  if (news.bucket.window > 0) line.num("window_s", news.bucket.window);
  line.num("waiting", static_cast<int64_t>(news.waiting));
}

}  // namespace

void LimitsLog::on_full(const limits::LimitNews& news) {
  log::Line line = logger_.warn("limit_reached");
  describe(line, news);
  line.ms("wait_ms", news.wait);
  line.str("detail",
           "more is asked for than Sentry lets this holder call: requests wait for a second and "
           "more. Ask less often, turn on cache.enabled, or give some programs a grant of another "
           "user; postern explain METHOD PATH shows how long the wait is");
}

void LimitsLog::on_room(const limits::LimitNews& news) {
  log::Line line = logger_.info("limit_has_room");
  describe(line, news);
  line.ms("lasted_ms", news.lasted);
}

void LimitsLog::on_resting(std::string_view host, Duration rest) {
  logger_.warn("upstream_resting")
      .str("upstream", host)
      .ms("rest_ms", rest)
      .str("detail",
           "its last calls have all failed; until one succeeds, requests for it get 503 "
           "upstream_resting. postern doctor names the broken link, https://status.sentry.io says "
           "whether Sentry is down");
}

void LimitsLog::on_back(std::string_view host, Duration lasted) {
  logger_.info("upstream_back").str("upstream", host).ms("lasted_ms", lasted);
}

}  // namespace postern::relay
