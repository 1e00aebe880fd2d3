// Control calls that order faults.
#include "orders.h"
#include "world.h"

namespace postern::sandbox {
namespace {

// The next `count` requests to `path` get an ordered answer.
Reply add_answer(const Controls& controls, const Fields& fields) {
  Fault fault;
  fault.path = fields.get_or("path", "*");
  fault.method = fields.get_or("method", "");
  fault.count = fields.number("count").value_or(1);
  fault.kind = fields.get_or("kind", "status");
  fault.status = static_cast<int>(fields.number("status").value_or(0));
  fault.after = is_on(fields, "after", false);
  fault.retry_after = fields.get_or("retry_after", "");
  fault.name = fields.get_or(fault.kind == "oauth" ? "error" : "name", "");
  fault.value = fields.get_or("value", "");
  const bool needs_status = fault.kind == "status" || fault.kind == "html";
  if (needs_status && (fault.status < 200 || fault.status > 599)) return wrong("status is missing");
  const bool needs_name = fault.kind == "field" || fault.kind == "oauth";
  if (needs_name && fault.name.empty()) return wrong("the name or the error is missing");
  if (!with_member("{}", fault.name, fault.value)) return wrong("value is no JSON");
  const bool known = fault_reply(fault) || changes_answer(fault);
  if (!known) return wrong("no such kind: " + fault.kind);
  controls.world.faults.add(std::move(fault));
  return done();
}

Reply add_latency(const Controls& controls, const Fields& fields) {
  Fault fault;
  fault.path = fields.get_or("path", "*");
  fault.method = fields.get_or("method", "");
  fault.count = fields.number("count").value_or(-1);
  fault.delay_ms = fields.number("ms").value_or(0);
  fault.longest_ms = fields.number("to_ms").value_or(0);
  if (fault.delay_ms < 1) return wrong("ms is missing");
  controls.world.faults.add(std::move(fault));
  return done();
}

}  // namespace

const std::vector<Order>& fault_orders() {
  static const std::vector<Order> orders = {
      {"POST", "/_sandbox/answer", add_answer},
      {"POST", "/_sandbox/latency", add_latency},
  };
  return orders;
}

}  // namespace postern::sandbox
