// A fake client's side of an exchange: collects the answer.
#pragma once

#include <map>
#include <string>

#include "http/service.h"

namespace postern::test {

class FakeResponder final : public http::Responder {
 public:
  bool body_accepted = false;
  uint64_t body_limit = 0;
  bool closes = false;
  int resumed = 0;
  int status = 0;
  http::Framing framing;
  std::multimap<std::string, std::string> fields;
  std::string body;
  bool ended = false;
  bool was_cut = false;
  bool slow = false;

  void accept_body(uint64_t limit) override {
    body_accepted = true;
    body_limit = limit;
  }
  void close_after() override { closes = true; }
  void resume_body() override { ++resumed; }
  void send_head(const http::OutgoingResponse& response) override {
    status = response.status;
    framing = response.framing;
    for (const http::Field& field : *response.fields)
      fields.emplace(std::string(field.name), std::string(field.value));
  }
  void send_body(std::string_view bytes) override { body += bytes; }
  void end() override { ended = true; }
  void cut() override { was_cut = true; }
  bool congested() const override { return slow; }

  std::string field(const std::string& name) const {
    auto found = fields.find(name);
    return found == fields.end() ? "" : found->second;
  }
};

}  // namespace postern::test
