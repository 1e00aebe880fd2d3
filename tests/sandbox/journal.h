// Journal: what the sandbox has seen, for assertions.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "message.h"

namespace postern::sandbox {

struct Seen {
  std::int64_t at_ms = 0;
  std::string method;
  std::string target;
  Fields headers;
  std::uint64_t body_bytes = 0;
  std::string body_sha256;
  std::string body;  // of small forms and JSON
  std::uint64_t connection = 0;
  int status = 0;
};

class Journal final {
 public:
  void record(const Request& request, int status, std::int64_t now_ms);
  void refreshed() { ++refreshes_; }
  void aborted() { ++aborted_; }
  void rejected(const std::string& kind) { ++rejected_[kind]; }
  void unauthorized() { ++unauthorized_; }
  void clear();

  Json requests(std::size_t last) const;  // the last so many, oldest first
  // The members of /_sandbox/state that come from here.
  std::vector<Json::Member> counts() const;

 private:
  std::deque<Seen> seen_;
  std::map<std::string, std::uint64_t> by_path_;
  std::map<std::string, std::uint64_t> by_status_;
  std::map<std::string, std::uint64_t> rejected_;  // 429s by kind
  std::uint64_t total_ = 0;
  std::uint64_t refreshes_ = 0;
  std::uint64_t aborted_ = 0;
  std::uint64_t unauthorized_ = 0;  // 401s of the API, not of the endpoints that give tokens
};

}  // namespace postern::sandbox
