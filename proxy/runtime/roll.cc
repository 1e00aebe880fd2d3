#include "runtime/roll.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <utility>

#include "base/text.h"

namespace postern::runtime {
namespace {

// An entry is "<written> <lifetime> <presence>"; whatever a newer Postern may make of the last
// part, the first two stay. What does not begin so is left alone. The key itself goes when nobody
// is left.
constexpr std::string_view kScript = R"lua(
-- KEYS: replicas. ARGV: id, milliseconds, presence.
-- → now, then id, entry for each, and how many were left out, if any
local LONGEST, MOST, MOST_BYTES = 86400000, 1000, 1048576
local function digits(number)
  return string.format('%.0f', number)
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], ARGV[1], digits(now) .. ' ' .. ARGV[2] .. ' ' .. ARGV[3])
local told, longest, bytes, left_out = {digits(now)}, 0, 0, 0
local entries = redis.call('HGETALL', KEYS[1])
for i = 1, #entries, 2 do
  local id, entry = entries[i], entries[i + 1]
  local written, lifetime = string.match(entry, '^(%d+) (%d+) ')
  if written then
    lifetime = math.min(tonumber(lifetime), LONGEST)
    -- One from the time to come is left from before a failover to a machine whose clock is behind.
    if math.abs(now - tonumber(written)) > lifetime then
      redis.call('HDEL', KEYS[1], id)
    else
      longest = math.max(longest, lifetime)
      local size = #id + #entry
      if #told >= 2 * MOST or bytes + size > MOST_BYTES then
        left_out = left_out + 1
      else
        bytes = bytes + size
        told[#told + 1] = id
        told[#told + 1] = entry
      end
    end
  end
end
redis.call('PEXPIRE', KEYS[1], digits(longest))
if left_out > 0 then told[#told + 1] = digits(left_out) end
return told
)lua";

std::optional<int64_t> take_number(std::string_view& rest) {
  constexpr uint64_t kMost = Roll::kMostMilliseconds;
  const auto number = text::parse_unsigned(text::take_until(rest, ' '));
  if (!number) return std::nullopt;
  return static_cast<int64_t>(std::min(*number, kMost));
}

std::optional<Roll::Entry> entry_of(const std::string& id, std::string_view rest) {
  const auto written = take_number(rest);
  const auto lifetime = take_number(rest);
  auto presence = admin::parse_presence(rest);
  if (!written || !lifetime || !presence) return std::nullopt;
  return Roll::Entry{id, *written, *lifetime, std::move(*presence)};
}

}  // namespace

std::string roll_key(std::string_view prefix) {
  return std::string(prefix) + ":{replicas}";
}

redis::Command roll_command(std::string_view prefix, const RollEntry& own) {
  const std::string key = roll_key(prefix);
  const std::string lifetime =
      std::to_string(std::chrono::ceil<std::chrono::milliseconds>(own.lifetime).count());
  const std::string presence = admin::format_presence(own.presence);
  const std::array<std::string_view, 1> keys{key};
  const std::array<std::string_view, 3> arguments{own.id, lifetime, presence};
  return redis::Command::eval(kScript, keys, arguments);
}

redis::Command leave_command(std::string_view prefix, std::string_view id) {
  return {"HDEL", roll_key(prefix), id};
}

Result<Roll> roll_of(const redis::Reply& reply) {
  if (!reply.is_array() || reply.elements.empty()) return fail("answered with " + reply.shown());
  Roll roll;
  std::string_view now = reply.elements.front().text;
  const auto number = take_number(now);
  if (!number) return fail("answered with a time that is none");
  roll.now = *number;
  for (size_t i = 1; i + 1 < reply.elements.size(); i += 2) {
    auto entry = entry_of(reply.elements[i].text, reply.elements[i + 1].text);
    if (entry) roll.entries.push_back(std::move(*entry));
  }
  if (reply.elements.size() % 2 == 0)
    roll.left_out = text::parse_unsigned(reply.elements.back().text).value_or(0);
  std::sort(roll.entries.begin(), roll.entries.end(), [](const auto& a, const auto& b) {
    return std::pair(admin::name_of(a.presence), a.id) <
           std::pair(admin::name_of(b.presence), b.id);
  });
  return roll;
}

}  // namespace postern::runtime
