#include "limits/share_table.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "limits/water.h"

namespace postern::limits {
namespace {

constexpr int64_t kRemembered = 3;  // windows
constexpr int64_t kNewcomers = 5;   // calls that may go before anything is known; every limit known
                                    // is at least that

}  // namespace

Seconds ShareTable::life_of(const ShareQuestion& question) {
  if (question.reset == 0) return 1;
  return 2 + static_cast<Seconds>(4 * question.length);
}

ShareAnswer ShareTable::answer(const ShareQuestion& question) {
  if (question.reset == 0 || question.length <= 0) return answer_newcomer(question);
  forget(question);
  if (words_.empty()) born_ = question.reset;
  note(question);
  ShareAnswer answer;
  answer.replicas = static_cast<int64_t>(words_.size());
  answer.now = grant_now(question);
  answer.next = grant_next(question);
  answer.taken = taken_by_others(question, question.reset) + answer.now;
  answer.fair = fair_for(question);
  answer.slots = grant_slots(question);
  answer.length = sure_length();
  answer.past = sum_of(question.reset - 2 * question.length);
  return answer;
}

// It may make a call to find out about windows: where others know them, in the last one known or
// the one after.
ShareAnswer ShareTable::answer_newcomer(const ShareQuestion& question) {
  int64_t last = 0;
  for (const auto& [name, word] : words_) last = std::max(last, word.reset);
  if (last != newcomers_of_) newcomers_ = 0;
  newcomers_of_ = last;
  ShareAnswer answer;
  answer.replicas = static_cast<int64_t>(words_.size()) + 1;
  const int64_t most = last == 0 ? question.waiting : std::min<int64_t>(1, question.waiting);
  answer.length = sure_length();
  answer.unheard = std::clamp<int64_t>(most, 0, kNewcomers - newcomers_);
  newcomers_ += answer.unheard;
  if (last != 0) windows_[last][question.replica].allotted += answer.unheard;
  return answer;
}

void ShareTable::forget(const ShareQuestion& question) {
  const int64_t oldest = question.reset - kRemembered * question.length;
  for (auto word = words_.begin(); word != words_.end();)
    word = word->second.reset < oldest ? words_.erase(word) : std::next(word);
  for (auto window = windows_.begin(); window != windows_.end();)
    window = window->first < oldest ? windows_.erase(window) : std::next(window);
}

void ShareTable::note(const ShareQuestion& question) {
  Word& word = words_[question.replica];
  word.reset = question.reset;
  word.length = question.is_sure ? question.length : 0;
  word.waiting = question.waiting;
  word.expected = question.expected;
  if (question.past.reset == 0) return;
  Part& part = windows_[question.past.reset][question.replica];
  part.told = true;
  part.count = question.past;
}

int64_t ShareTable::taken_by_others(const ShareQuestion& question, int64_t reset) const {
  int64_t taken = 0;
  const auto window = windows_.find(reset);
  if (window == windows_.end()) return taken;
  for (const auto& [name, part] : window->second)
    if (name != question.replica) taken += part.taken();
  return taken;
}

// A table that has just begun, or begun anew because its engine lost it, does not know yet who else
// there is; who asks does.
int64_t ShareTable::most_while_young(const ShareQuestion& question, int64_t most) const {
  const bool is_young = question.reset <= born_ + question.length;
  if (!is_young || question.replicas <= static_cast<int64_t>(words_.size())) return most;
  return std::min(most, (question.budget + question.replicas - 1) / question.replicas);
}

int64_t ShareTable::grant_now(const ShareQuestion& question) {
  Window& window = windows_[question.reset];
  const bool is_new = window.find(question.replica) == window.end();
  Part& part = window[question.replica];
  if (is_new) part.allotted = question.held;
  part.used = question.used;
  if (question.wanted <= part.allotted) {
    part.allotted = std::max(question.wanted, question.used);
    return part.allotted;
  }
  const int64_t room = question.budget - taken_by_others(question, question.reset);
  const int64_t most = most_while_young(question, std::min(room, question.wanted));
  part.allotted = std::max(part.taken(), most);
  return part.allotted;
}

int64_t ShareTable::grant_next(const ShareQuestion& question) {
  std::vector<int64_t> waiting;
  std::vector<int64_t> expected;
  size_t mine = 0;
  int64_t all_expected = 0;
  for (const auto& [name, word] : words_) {
    const bool is_fresh = word.reset >= question.reset - question.length;
    if (name == question.replica) mine = waiting.size();
    waiting.push_back(is_fresh ? word.waiting : 0);
    expected.push_back(is_fresh ? word.expected : 0);
    all_expected += expected.back();
  }
  const int64_t next = question.reset + question.length;
  const int64_t turn = next / question.length;
  int64_t left = question.budget;
  const std::vector<int64_t> first = fill(left, waiting, turn);
  for (const int64_t calls : first) left -= calls;
  const std::vector<int64_t> second = fill(left, expected, turn);
  for (const int64_t calls : second) left -= calls;
  int64_t share = first[mine] + second[mine];
  if (all_expected > 0 && left > 0) share += left * expected[mine] / all_expected;
  const int64_t room = question.budget - taken_by_others(question, next);
  Part& part = windows_[next][question.replica];
  part.allotted = std::max<int64_t>(0, most_while_young(question, std::min(share, room)));
  const int64_t now = windows_[question.reset][question.replica].allotted;
  words_[question.replica].calls = std::max(part.allotted, now);
  return part.allotted;
}

double ShareTable::fair_for(const ShareQuestion& question) const {
  std::vector<int64_t> others;
  for (const auto& [name, word] : words_)
    if (name != question.replica) others.push_back(word.waiting + word.expected);
  return fair_beside(question.budget, others);
}

// Slots go with the calls allotted, and the remainders round the circle, slowly: a slot is free
// only when the call that holds it has ended. Each keeps one, to get on.
int64_t ShareTable::grant_slots(const ShareQuestion& question) {
  constexpr int64_t kTurns = 16;
  if (question.slots <= 0) return 0;
  int64_t before = 0;  // calls of those who come before this one
  int64_t mine = 0;
  int64_t all = 0;
  for (const auto& [name, word] : words_) {
    if (name == question.replica) before = all;
    if (name == question.replica) mine = word.calls;
    all += word.calls;
  }
  if (mine == 0) return 1;
  const int64_t offset = question.reset / question.length / kTurns * 7 % all;
  const int64_t from = (question.slots * before + offset) / all;
  const int64_t to = (question.slots * (before + mine) + offset) / all;
  return std::max<int64_t>(1, to - from);
}

int64_t ShareTable::sure_length() const {
  int64_t length = 0;
  for (const auto& [name, word] : words_) length = std::max(length, word.length);
  return length;
}

// Who has not told is taken to have used what it was allotted.
ShareCount ShareTable::sum_of(int64_t reset) const {
  ShareCount sum;
  const auto window = windows_.find(reset);
  if (window == windows_.end()) return sum;
  sum.reset = reset;
  for (const auto& [name, part] : window->second) {
    sum.used += part.told ? part.count.used : part.taken();
    sum.rejected += part.count.rejected;
    sum.used_up = sum.used_up || part.count.used_up;
    if (part.count.max_rank <= sum.max_rank) continue;
    sum.max_rank = part.count.max_rank;
    sum.position = part.count.position;
  }
  return sum;
}

}  // namespace postern::limits
