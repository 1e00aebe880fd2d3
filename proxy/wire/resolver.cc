#include "wire/resolver.h"

#include <netdb.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace postern::wire {
namespace {

constexpr Duration kFresh = std::chrono::seconds(30);

// v6, v4, v6, … beginning with the family the system put first (RFC 8305 §4).
std::vector<Address> interleaved(const std::vector<Address>& all) {
  std::vector<Address> first, second, mixed;
  for (const Address& a : all) (a.family() == all.front().family() ? first : second).push_back(a);
  for (size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) mixed.push_back(first[i]);
    if (i < second.size()) mixed.push_back(second[i]);
  }
  return mixed;
}

}  // namespace

Resolver::Answer look_up(const std::string& host, uint16_t port) {
  if (auto numeric = numeric_address(host, port)) return std::vector<Address>{*numeric};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (code == EAI_NONAME || code == EAI_ADDRFAMILY || code == EAI_NODATA) {
    // With nothing but a loopback interface AI_ADDRCONFIG hides even localhost.
    hints.ai_flags = 0;
    code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  }
  if (code != 0)
    return fail("cannot resolve " + host + ": " +
                (code == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(code)));
  std::vector<Address> all;
  for (addrinfo* one = list; one != nullptr; one = one->ai_next) {
    if (one->ai_family != AF_INET && one->ai_family != AF_INET6) continue;
    Address address;
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
    address.length = one->ai_addrlen;
    all.push_back(address);
  }
  ::freeaddrinfo(list);
  if (all.empty()) return fail("cannot resolve " + host + ": no IPv4 or IPv6 address");
  return interleaved(all);
}

Resolver::Question Resolver::resolve(const std::string& host, uint16_t port, Callback callback) {
  if (auto numeric = numeric_address(host, port)) {
    callback(std::vector<Address>{*numeric});
    return {};
  }
  std::unique_ptr<Entry>& entry = entries_[host + ":" + std::to_string(port)];
  if (!entry) entry = std::make_unique<Entry>();
  bool stale = !entry->known || loop_.now() - entry->asked > kFresh;
  if (stale && !entry->job) ask(host, port, *entry);
  if (entry->known) {
    callback(entry->answer);
    return {};
  }
  Question question;
  question.callback_ = std::make_shared<Callback>(std::move(callback));
  entry->waiting.push_back(question.callback_);
  return question;
}

void Resolver::ask(const std::string& host, uint16_t port, Entry& entry) {
  auto answer = std::make_shared<Answer>(fail("not asked yet"));
  entry.job = lane_.post([answer, host, port] { *answer = look_up(host, port); },
                         [this, answer, &entry] {
                           entry.asked = loop_.now();
                           // An old answer is better than none; a first failure is told and
                           // forgotten, so that the next question asks again.
                           if (*answer || !entry.known) entry.answer = *answer;
                           entry.known = entry.answer.has_value();
                           auto waiting = std::move(entry.waiting);
                           entry.waiting.clear();
                           for (auto& one : waiting)
                             if (auto callback = one.lock()) (*callback)(entry.answer);
                         });
}

}  // namespace postern::wire
