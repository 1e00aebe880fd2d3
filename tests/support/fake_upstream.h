// A fake upstream: notes what it is asked, and says what the test wants said.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "http/upstream.h"

namespace postern::test {

class FakeUpstream final : public http::Upstream {
 public:
  struct Opened {
    http::UpstreamEvents* events = nullptr;
    std::string target;
    std::string authority;
    std::string authorization;
    std::map<std::string, std::string> fields;
    Duration first_byte_timeout{};
    bool fresh = false;
    Instant not_after;
    std::string body;
    bool finished = false;
    bool cancelled = false;
    size_t credited = 0;
  };

  std::vector<Opened> calls;
  size_t room = SIZE_MAX;  // bytes that write() will take from now on

  http::CallId open(const http::OutgoingRequest& request, http::UpstreamEvents& events) override {
    Opened call;
    call.events = &events;
    call.target = request.target;
    call.authority = request.authority;
    call.first_byte_timeout = request.first_byte_timeout;
    call.fresh = request.fresh;
    call.not_after = request.not_after;
    if (auto* field = http::find(*request.fields, "Authorization"))
      call.authorization = field->value;
    for (const http::Field& field : *request.fields)
      call.fields.emplace(std::string(field.name), std::string(field.value));
    calls.push_back(call);
    return {static_cast<uint32_t>(calls.size() - 1), 1};
  }
  size_t write(http::CallId call, std::string_view bytes) override {
    size_t taken = std::min(room, bytes.size());
    room -= taken;
    calls[call.index].body += bytes.substr(0, taken);
    return taken;
  }
  void finish(http::CallId call) override { calls[call.index].finished = true; }
  void credit(http::CallId call, size_t size) override { calls[call.index].credited += size; }
  void cancel(http::CallId call) override { calls[call.index].cancelled = true; }
  void warm() override {}

  http::UpstreamEvents& last() { return *calls.back().events; }

  // The connection died before a byte of the answer.
  static http::Failure closed(http::Sent sent, bool reused) {
    http::Failure failure;
    failure.kind = http::FailKind::kClosed;
    failure.sent = sent;
    failure.reused = reused;
    failure.detail = "closed";
    return failure;
  }
};

}  // namespace postern::test
