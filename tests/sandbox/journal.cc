#include "journal.h"

#include "digest.h"

namespace postern::sandbox {
namespace {

constexpr std::size_t kKept = 1000;
constexpr std::size_t kKeptBody = 4096;
constexpr std::size_t kMaxPaths = 10000;

Json counts_of(const std::map<std::string, std::uint64_t>& counters) {
  std::vector<Json::Member> members;
  for (const auto& [name, count] : counters) members.emplace_back(name, count);
  return Json::object(members);
}

Json json_of(const Seen& seen) {
  std::vector<Json> headers;
  for (const auto& [name, value] : seen.headers) {
    headers.push_back(Json(std::vector<std::string>{name, value}));
  }
  return Json::object({{"at_ms", seen.at_ms},
                       {"method", seen.method},
                       {"target", seen.target},
                       {"headers", Json::array(headers)},
                       {"body_bytes", seen.body_bytes},
                       {"body_sha256", seen.body_sha256},
                       {"body", seen.body},
                       {"connection", seen.connection},
                       {"status", seen.status}});
}

}  // namespace

void Journal::record(const Request& request, int status, std::int64_t now_ms) {
  ++total_;
  if (by_path_.size() < kMaxPaths) ++by_path_[request.method + " " + request.path];
  ++by_status_[std::to_string(status)];
  Seen seen;
  seen.at_ms = now_ms;
  seen.method = request.method;
  seen.target = request.target;
  seen.headers = request.headers;
  seen.body_bytes = request.body.size();
  if (!request.body.empty()) seen.body_sha256 = sha256_hex(request.body);
  if (request.body.size() <= kKeptBody) seen.body = request.body;
  seen.connection = request.connection;
  seen.status = status;
  seen_.push_back(std::move(seen));
  if (seen_.size() > kKept) seen_.pop_front();
}

void Journal::clear() {
  *this = Journal();
}

Json Journal::requests(std::size_t last) const {
  const std::size_t skipped = seen_.size() > last ? seen_.size() - last : 0;
  std::vector<Json> items;
  for (std::size_t i = skipped; i < seen_.size(); ++i) items.push_back(json_of(seen_[i]));
  return Json::array(items);
}

std::vector<Json::Member> Journal::counts() const {
  return {{"requests", total_},
          {"by_path", counts_of(by_path_)},
          {"by_status", counts_of(by_status_)},
          {"rejected", counts_of(rejected_)},
          {"refreshes", refreshes_},
          {"aborted", aborted_},
          {"unauthorized", unauthorized_}};
}

}  // namespace postern::sandbox
