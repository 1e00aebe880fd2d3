#include "limits/share_script.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <system_error>

namespace postern::limits {
namespace {

// Function by function what share_table.cc says; the reasons are there.
constexpr std::string_view kScript = R"lua(
local names = {'reset', 'length', 'budget', 'used', 'held', 'wanted', 'waiting', 'expected',
               'slots', 'replicas', 'is_sure', 'past_reset', 'past_used', 'past_rejected',
               'past_rank', 'past_position', 'past_used_up'}
local me = ARGV[1]
local ask = {}
for i, name in ipairs(names) do ask[name] = tonumber(ARGV[i + 1]) end

local state
local raw = redis.call('GET', KEYS[1])
if raw then
  local ok, value = pcall(cmsgpack.unpack, raw)
  if ok and type(value) == 'table' then
    if (tonumber(value.format) or 0) > 1 then
      return redis.error_reply('NEWER a newer Postern has written this key')
    end
    if value.format == 1 then state = value end
  end
end
local is_new = state == nil
if is_new then
  state = {format = 1, born = 0, newcomers_of = 0, newcomers = 0, words = {}, windows = {}}
end
local words, windows = state.words, state.windows

local function text(number) return string.format('%.17g', number) end
local function taken(part) return math.max(part.allotted, part.used) end
local function part_of(reset)
  local name = text(reset)
  windows[name] = windows[name] or {}
  local window = windows[name]
  local is_new_part = window[me] == nil
  window[me] = window[me] or {allotted = 0, used = 0, told = false, rejected = 0, rank = 0,
                              position = 0, used_up = 0, count = 0}
  return window[me], is_new_part
end
local function sorted_names()
  local list = {}
  for name in pairs(words) do list[#list + 1] = name end
  table.sort(list)
  return list
end
local function fill(amount, wants, turn)
  local given = {}
  for i = 1, #wants do given[i] = 0 end
  while amount > 0 do
    local open = {}
    for i = 1, #wants do if given[i] < wants[i] then open[#open + 1] = i end end
    if #open == 0 then break end
    local share = math.floor(amount / #open)
    if share == 0 then
      for i = 0, amount - 1 do
        local at = open[(turn * amount + i) % #open + 1]
        given[at] = given[at] + 1
      end
      break
    end
    for _, i in ipairs(open) do
      local part = math.min(share, wants[i] - given[i])
      given[i] = given[i] + part
      amount = amount - part
    end
  end
  return given
end
local function sum(list)
  local total = 0
  for _, value in ipairs(list) do total = total + value end
  return total
end

local function sure_length()
  local length = 0
  for _, word in pairs(words) do length = math.max(length, word.length) end
  return length
end

local function answer_newcomer()
  local last = 0
  for _, word in pairs(words) do last = math.max(last, word.reset) end
  if last ~= state.newcomers_of then state.newcomers = 0 end
  state.newcomers_of = last
  local most = ask.waiting
  if last ~= 0 then most = math.min(1, most) end
  local given = math.max(0, math.min(most, 5 - state.newcomers))
  state.newcomers = state.newcomers + given
  if last ~= 0 then
    local part = part_of(last)
    part.allotted = part.allotted + given
  end
  return {0, 0, 0, 0, #sorted_names() + 1, given, 0, 0, 0, 0, 0, 0, sure_length(), 0}
end

local function forget()
  local oldest = ask.reset - 3 * ask.length
  for name, word in pairs(words) do if word.reset < oldest then words[name] = nil end end
  for reset in pairs(windows) do
    if tonumber(reset) < oldest then windows[reset] = nil end
  end
end

local function note()
  local word = words[me] or {calls = 0}
  words[me] = word
  word.reset, word.waiting, word.expected = ask.reset, ask.waiting, ask.expected
  word.length = ask.is_sure ~= 0 and ask.length or 0
  if ask.past_reset == 0 then return end
  local part = part_of(ask.past_reset)
  part.told, part.count, part.rejected = true, ask.past_used, ask.past_rejected
  part.rank, part.position, part.used_up = ask.past_rank, ask.past_position, ask.past_used_up
end

local function taken_by_others(reset)
  local total = 0
  for name, part in pairs(windows[text(reset)] or {}) do
    if name ~= me then total = total + taken(part) end
  end
  return total
end

local function most_while_young(most)
  local is_young = ask.reset <= state.born + ask.length
  if not is_young or ask.replicas <= #sorted_names() then return most end
  return math.min(most, math.floor((ask.budget + ask.replicas - 1) / ask.replicas))
end

local function grant_now()
  local part, is_new_part = part_of(ask.reset)
  if is_new_part then part.allotted = ask.held end
  part.used = ask.used
  if ask.wanted <= part.allotted then
    part.allotted = math.max(ask.wanted, ask.used)
    return part.allotted
  end
  local room = ask.budget - taken_by_others(ask.reset)
  part.allotted = math.max(taken(part), most_while_young(math.min(room, ask.wanted)))
  return part.allotted
end

local function grant_next()
  local waiting, expected, mine, all_expected = {}, {}, 1, 0
  for i, name in ipairs(sorted_names()) do
    local word = words[name]
    local is_fresh = word.reset >= ask.reset - ask.length
    if name == me then mine = i end
    waiting[i] = is_fresh and word.waiting or 0
    expected[i] = is_fresh and word.expected or 0
    all_expected = all_expected + expected[i]
  end
  local next_reset = ask.reset + ask.length
  local turn = math.floor(next_reset / ask.length)
  local left = ask.budget
  local first = fill(left, waiting, turn)
  left = left - sum(first)
  local second = fill(left, expected, turn)
  left = left - sum(second)
  local share = first[mine] + second[mine]
  if all_expected > 0 and left > 0 then
    share = share + math.floor(left * expected[mine] / all_expected)
  end
  local room = ask.budget - taken_by_others(next_reset)
  local part = part_of(next_reset)
  part.allotted = math.max(0, most_while_young(math.min(share, room)))
  words[me].calls = math.max(part.allotted, part_of(ask.reset).allotted)
  return part.allotted
end

local function fair_for()
  local others = {}
  for name, word in pairs(words) do
    if name ~= me then others[#others + 1] = word.waiting + word.expected end
  end
  table.sort(others)
  local left, count = math.max(0, ask.budget), #others + 1
  for _, want in ipairs(others) do
    if want >= left / count then break end
    left, count = left - want, count - 1
  end
  return left / count
end

local function grant_slots()
  if ask.slots <= 0 then return 0 end
  local before, mine, all = 0, 0, 0
  for _, name in ipairs(sorted_names()) do
    if name == me then before, mine = all, words[name].calls end
    all = all + words[name].calls
  end
  if mine == 0 then return 1 end
  local offset = math.floor(math.floor(ask.reset / ask.length) / 16) * 7 % all
  local from = math.floor((ask.slots * before + offset) / all)
  local to = math.floor((ask.slots * (before + mine) + offset) / all)
  return math.max(1, to - from)
end

local function sum_of(reset)
  local total = {0, 0, 0, 0, 0, 0}
  local window = windows[text(reset)]
  if not window then return total end
  total[1] = reset
  local members = {}
  for name in pairs(window) do members[#members + 1] = name end
  table.sort(members)
  for _, name in ipairs(members) do
    local part = window[name]
    total[2] = total[2] + (part.told and part.count or taken(part))
    total[3] = total[3] + part.rejected
    if part.used_up ~= 0 then total[6] = 1 end
    if part.rank > total[4] then total[4], total[5] = part.rank, part.position end
  end
  return total
end

local result
if ask.reset == 0 or ask.length <= 0 then
  result = answer_newcomer()
else
  forget()
  if next(words) == nil then state.born = ask.reset end
  note()
  result = {grant_now(), grant_next(), fair_for(), grant_slots(), #sorted_names(), 0}
  for _, value in ipairs(sum_of(ask.reset - 2 * ask.length)) do result[#result + 1] = value end
  result[#result + 1] = sure_length()
  result[#result + 1] = taken_by_others(ask.reset) + result[1]
end

local packed = cmsgpack.pack(state)
if ask.reset ~= 0 then
  redis.call('SET', KEYS[1], packed, 'PX', 2000 + 4000 * ask.length)
elseif is_new then
  redis.call('SET', KEYS[1], packed, 'PX', 1000)
else
  redis.call('SET', KEYS[1], packed, 'KEEPTTL')
end
result[#result + 1] = tonumber(redis.call('HGET', KEYS[2], 'version')) or 0
for i, value in ipairs(result) do result[i] = text(value) end
return result
)lua";

// As PartsTable. Fields of routes begin with "r:", so that none can be the version.
constexpr std::string_view kPartsScript = R"lua(
local version = tonumber(redis.call('HGET', KEYS[1], 'version')) or 0
if #ARGV > 1 and tonumber(ARGV[1]) == version then
  version = version + 1
  for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], 'r:' .. ARGV[i], ARGV[i + 1]) end
  redis.call('HSET', KEYS[1], 'version', version)
end
if version > 0 then redis.call('EXPIRE', KEYS[1], 86400) end
local result = {string.format('%d', version)}
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  if fields[i] ~= 'version' then
    result[#result + 1] = string.sub(fields[i], 3)
    result[#result + 1] = fields[i + 1]
  end
end
return result
)lua";

// What the others do, once; nothing stays for longer than a second.
constexpr std::string_view kProbeScript = R"lua(
redis.call('SET', KEYS[1], cmsgpack.pack({format = 1}), 'PX', 1000)
cmsgpack.unpack(redis.call('GET', KEYS[1]))
redis.call('HSET', KEYS[2], 'version', 1)
redis.call('EXPIRE', KEYS[2], 1)
redis.call('HGET', KEYS[2], 'version')
redis.call('HGETALL', KEYS[2])
local kept = redis.pcall('SET', KEYS[1], '1', 'KEEPTTL')
local is_old = kept.err ~= nil and string.find(kept.err, 'syntax') ~= nil
return {is_old and 'old' or 'usable', redis.REDIS_VERSION or ''}
)lua";

constexpr size_t kFields = 15;
constexpr size_t kMostParts = 2048;  // routes of a family are fewer

std::string text_of(double value) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? std::string(text.data(), end) : "0";
}

std::optional<double> number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') return std::nullopt;
  return value;
}

}  // namespace

std::string_view share_script() {
  return kScript;
}

std::vector<std::string> share_arguments(const ShareQuestion& question) {
  std::vector<std::string> arguments{question.replica};
  const auto add = [&](int64_t value) { arguments.push_back(std::to_string(value)); };
  for (const int64_t value :
       {question.reset, question.length, question.budget, question.used, question.held,
        question.wanted, question.waiting, question.expected, question.slots, question.replicas,
        int64_t{question.is_sure ? 1 : 0}, question.past.reset, question.past.used,
        question.past.rejected, question.past.max_rank})
    add(value);
  arguments.push_back(text_of(question.past.position));
  add(question.past.used_up ? 1 : 0);
  return arguments;
}

std::optional<ShareAnswer> read_share_answer(const std::vector<std::string>& fields) {
  if (fields.size() != kFields) return std::nullopt;
  std::vector<double> values;
  for (const std::string& field : fields) {
    const std::optional<double> value = number(field);
    if (!value || !(*value >= 0 && *value < 1e15)) return std::nullopt;
    values.push_back(*value);
  }
  const auto whole = [&](size_t at) { return static_cast<int64_t>(values[at]); };
  ShareAnswer answer;
  answer.now = whole(0);
  answer.next = whole(1);
  answer.fair = values[2];
  answer.slots = whole(3);
  answer.replicas = whole(4);
  answer.unheard = whole(5);
  answer.past.reset = whole(6);
  answer.past.used = whole(7);
  answer.past.rejected = whole(8);
  answer.past.max_rank = whole(9);
  answer.past.position = values[10];
  answer.past.used_up = values[11] != 0;
  answer.length = whole(12);
  answer.taken = whole(13);
  answer.parts = whole(14);
  return answer;
}

std::string_view probe_script() {
  return kProbeScript;
}

std::string_view parts_script() {
  return kPartsScript;
}

std::vector<std::string> parts_arguments(const PartsQuestion& question) {
  std::vector<std::string> arguments{std::to_string(question.version)};
  for (const RoutePart& move : question.moves) {
    arguments.push_back(move.route);
    arguments.push_back(move.bucket);
  }
  return arguments;
}

std::optional<PartsAnswer> read_parts_answer(const std::vector<std::string>& fields) {
  if (fields.empty() || fields.size() % 2 == 0 || fields.size() > 2 * kMostParts)
    return std::nullopt;
  const std::optional<double> version = number(fields.front());
  if (!version || !(*version >= 0 && *version < 1e15)) return std::nullopt;
  PartsAnswer answer;
  answer.version = static_cast<int64_t>(*version);
  for (size_t i = 1; i < fields.size(); i += 2) answer.parts.push_back({fields[i], fields[i + 1]});
  return answer;
}

std::string share_key_name(const ShareKey& key) {
  return "{" + key.user + "}:share:" + key.host + ":" + key.group + ":" + key.bucket;
}

std::string parts_key_name(const ShareKey& key) {
  return "{" + key.user + "}:parts:" + key.host + ":" + key.group;
}

}  // namespace postern::limits
