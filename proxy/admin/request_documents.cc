#include <chrono>
#include <utility>

#include "admin/inspector.h"
#include "admin/json_fields.h"
#include "grants/timestamp.h"

namespace postern::admin {
namespace {

using nlohmann::json;

double exact_milliseconds(Duration span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

json document_of(const InspectedBody& body) {
  if (body.form.size() == 0) return nullptr;
  const bool is_text = body.form.text() == "text";
  return {{"form", std::string(body.form.text())},
          {"text", is_text ? json(body.text) : json(nullptr)},
          {"cut", body.is_cut}};
}

json document_of(const InspectedRequest& request) {
  return {
      {"number", request.number},
      {"ended_at", grants::format_timestamp(request.ended_at)},
      {"method", or_null(request.method.text())},
      {"route", or_null(request.route.text())},
      {"status", request.status},
      {"origin", or_null(request.origin.text())},
      {"cache", or_null(request.cache.text())},
      {"code", or_null(request.code.text())},
      {"reason", or_null(request.reason.text())},
      {"missing_scope", or_null(request.missing_scope.text())},
      {"grant", or_null(request.grant.text())},
      {"listener", or_null(request.listener.text())},
      {"client", or_null(request.client.text())},
      {"request_id", or_null(request.request_id.text())},
      {"bytes_in", request.bytes_in},
      {"bytes_out", request.bytes_out},
      {"queue_ms", exact_milliseconds(request.queue)},
      {"upstream_ms", exact_milliseconds(request.upstream)},
      {"total_ms", exact_milliseconds(request.total)},
      {"attempts", request.attempts},
      {"limited", request.limited},
      {"request_body", document_of(request.request_body)},
      {"response_body", document_of(request.response_body)},
  };
}

}  // namespace

std::string format_requests(const Inspector& inspector) {
  json requests = json::array();
  for (size_t back = 0; back < inspector.size(); ++back)
    requests.push_back(document_of(inspector.newest(back)));
  return printed({{"total", inspector.total()},
                  {"kept", inspector.most()},
                  {"requests", std::move(requests)}});
}

}  // namespace postern::admin
