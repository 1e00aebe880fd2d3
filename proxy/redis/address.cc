#include "redis/address.h"

#include <optional>

#include "base/percent.h"
#include "base/text.h"

namespace postern::redis {
namespace {

constexpr size_t kMaxPath = 107;  // bytes of a unix socket's path

std::string percent_decoded(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const int byte = text::percent_byte(text);
    out += byte < 0 ? text.front() : static_cast<char>(byte);
    text.remove_prefix(byte < 0 ? 1 : 3);
  }
  return out;
}

// Takes "user@" off the front of `rest`.
Result<std::string> take_user(std::string_view& rest) {
  const size_t at = rest.substr(0, rest.find('/')).rfind('@');
  if (at == std::string_view::npos) return std::string();
  const std::string_view user = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  if (user.find(':') != std::string_view::npos)
    return fail(
        "a password does not belong into the URL, which logs and lists of processes show: put it "
        "into a file of its own and name that by password_file");
  return percent_decoded(user);
}

std::optional<uint32_t> parse_database(std::string_view digits) {
  const auto number = text::parse_unsigned(digits);
  if (!number || *number > 1'000'000) return std::nullopt;
  return static_cast<uint32_t>(*number);
}

tl::unexpected<Error> bad_database() {
  return fail("the database must be a number, as in redis://host:6379/2 or unix:///path?db=2");
}

Result<Address> parse_unix(std::string_view rest) {
  Address address;
  if (rest.starts_with("//")) rest.remove_prefix(2);
  auto user = take_user(rest);
  if (!user) return fail(user.error().what);
  address.user = std::move(*user);
  const size_t mark = rest.find('?');
  address.path = percent_decoded(rest.substr(0, mark));
  if (!address.path.starts_with('/') || address.path.size() > kMaxPath ||
      address.path.find('\0') != std::string::npos)
    return fail(
        "a unix socket needs an absolute path of up to 107 bytes, as in unix:///run/redis.sock");
  if (mark == std::string_view::npos) return address;
  const std::string_view query = rest.substr(mark + 1);
  if (!query.starts_with("db=")) return fail("only ?db=N may follow the path of a unix socket");
  const auto database = parse_database(query.substr(3));
  if (!database) return bad_database();
  address.database = *database;
  return address;
}

// "host", "host:port" or "[v6]:port" into `address`.
Result<void> parse_host(std::string_view text, Address& address) {
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return fail("'[' without ']'");
    address.host = text.substr(1, bracket - 1);
    port = text.substr(bracket + 1);
  } else {
    address.host = text.substr(0, text.find(':'));
    port = text.substr(address.host.size());
  }
  if (address.host.empty()) return fail("the host is missing");
  for (const char c : address.host)
    if (c <= ' ' || c == '%' || c == 0x7f) return fail("the host holds a character that none may");
  if (port.empty()) return {};
  const auto number = text::parse_unsigned(port.substr(1));
  if (port.front() != ':' || !number || *number == 0 || *number > 65535)
    return fail("the port must be a number from 1 to 65535");
  address.port = static_cast<uint16_t>(*number);
  return {};
}

Result<Address> parse_network(std::string_view rest, uint16_t port) {
  Address address;
  address.port = port;
  auto user = take_user(rest);
  if (!user) return fail(user.error().what);
  address.user = std::move(*user);
  if (rest.find_first_of("?#") != std::string_view::npos)
    return fail("nothing may follow the database: settings have keys of their own");
  const std::string_view authority = text::take_until(rest, '/');
  if (auto done = parse_host(authority, address); !done) return fail(done.error().what);
  if (rest.empty()) return address;
  const auto database = parse_database(rest);
  if (!database) return bad_database();
  address.database = *database;
  return address;
}

}  // namespace

std::string Address::text() const {
  if (is_unix()) return "unix://" + path;
  const bool is_v6 = host.find(':') != std::string::npos;
  return std::string(tls ? "rediss://" : "redis://") + (is_v6 ? "[" + host + "]" : host) + ":" +
         std::to_string(port);
}

Result<Address> parse_address(std::string_view url, uint16_t port) {
  const std::string scheme = text::lowered(url.substr(0, url.find(':')));
  if (scheme == "unix") return parse_unix(url.substr(5));
  const size_t mark = url.find("://");
  if (mark == std::string_view::npos) return parse_network(url, port);
  if (scheme != "redis" && scheme != "rediss")
    return fail("must begin with redis://, rediss:// (TLS) or unix://");
  auto address = parse_network(url.substr(mark + 3), port);
  if (address) address->tls = scheme == "rediss";
  return address;
}

}  // namespace postern::redis
