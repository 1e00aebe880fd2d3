// Short ways to write answers of Sentry's limiter.
#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>

#include "limits/answer.h"
#include "limits/governor.h"
#include "limits/seconds.h"

namespace postern::limits::test {

inline http::Fields fields(
    std::initializer_list<std::pair<std::string_view, std::string_view>> lines) {
  http::Fields fields;
  for (const auto& line : lines) {
    http::Field field;
    field.name = line.first;
    field.value = line.second;
    field.id = http::field_name(line.first);
    fields.push_back(field);
  }
  return fields;
}

// Served: place `rank` of `limit` in the window that ends at `reset`.
inline Answer served(int64_t limit, int64_t rank, int64_t reset) {
  Answer answer;
  answer.headers.limit = limit;
  answer.headers.remaining = limit - rank;
  answer.headers.reset = reset;
  return answer;
}

inline Answer with_slots(Answer answer, int64_t limit, int64_t remaining) {
  answer.headers.concurrent_limit = limit;
  answer.headers.concurrent_remaining = remaining;
  return answer;
}

inline Answer turned_away(AnswerKind kind, int status = 429) {
  Answer answer;
  answer.status = status;
  answer.kind = kind;
  return answer;
}

inline Answer window_429(int64_t limit, int64_t reset) {
  Answer answer = served(limit, limit, reset);
  answer.status = 429;
  answer.kind = AnswerKind::kWindow;
  return answer;
}

// A request of caller `caller` that waits up to `patience` seconds.
inline Request request(std::string_view caller, Seconds now, Seconds patience = 20) {
  Request request;
  request.user = "7";
  request.host = "sentry.io";
  request.group = "GET";
  request.route = "/issues/";
  request.caller = caller;
  request.deadline = instant(now + patience);
  return request;
}

}  // namespace postern::limits::test
