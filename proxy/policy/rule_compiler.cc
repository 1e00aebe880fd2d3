// Rules::compile: from what the file says to rules that can be asked, or to all that is wrong.
#include <algorithm>
#include <utility>

#include "base/did_you_mean.h"
#include "base/text.h"
#include "policy/nearest_template.h"
#include "policy/rules.h"
#include "policy/target.h"
#include "policy/template_index.h"

namespace postern::policy {
namespace {

using Kind = PathPattern::Kind;
using http::Method;

constexpr uint8_t kEveryMethod = 0xFF;

std::vector<std::string_view> method_names() {
  std::vector<std::string_view> names;
  for (size_t i = 0; i + 1 < http::kMethods; ++i)
    names.push_back(http::to_string(static_cast<Method>(i)));
  return names;
}

bool has_values(const PathPattern& pattern) {
  return std::any_of(
      pattern.segments.begin(), pattern.segments.end(),
      [](const PathPattern::Segment& segment) { return segment.kind == Kind::kValue; });
}

// Do both stand for the same paths, but for a slash at the end?
bool is_same_shape(const PathPattern& a, const PathPattern& b) {
  const auto same = [](const PathPattern::Segment& x, const PathPattern::Segment& y) {
    return x.kind == y.kind && (x.kind != Kind::kWord || is_same_word(x.text, y.text));
  };
  return std::equal(a.segments.begin(), a.segments.end(), b.segments.begin(), b.segments.end(),
                    same);
}

// Makes one rule.
class Compiler final {
 public:
  Compiler(const TemplateIndex& templates, const RuleOptions& options, size_t place,
           std::vector<RuleFault>& faults)
      : templates_(templates), options_(options), place_(place), faults_(faults) {
    rule_.name =
        options.name.empty() ? "policy.rules[" + std::to_string(place) + "]" : options.name;
    rule_.effect = options.effect;
    rule_.listener = options.listener;
    rule_.uids = options.uids;
    rule_.names = options.names;
    rule_.grant = options.grant;
    rule_.templates.resize(templates.size());
  }

  Rule run() {
    read_methods();
    if (!options_.path.empty() && !options_.operation.empty()) {
      refuse("operation", "is given beside a path: keep one of them");
    } else if (!options_.operation.empty()) {
      read_operation();
    } else if (!options_.path.empty()) {
      read_path();
    }
    return std::move(rule_);
  }

 private:
  bool denies() const { return rule_.effect == Effect::kDeny; }

  void refuse(std::string_view key, std::string message) {
    faults_.push_back({place_, key, std::move(message)});
  }

  void read_methods() {
    if (options_.methods.empty()) rule_.methods = kEveryMethod;
    // A method that is not known might be any for somebody.
    if (denies()) rule_.methods |= bit(Method::kOther);
    for (const std::string& name : options_.methods) {
      const Method method = http::parse_method(name);
      if (method != Method::kOther) {
        rule_.methods |= bits_of(method);
      } else {
        refuse("methods", "'" + name + "' is no method that is carried" +
                              text::did_you_mean(text::uppered(name), method_names()));
      }
    }
  }

  // --- by operation

  void read_operation() {
    rule_.any_path = false;
    if (!options_.methods.empty())
      refuse("methods", "the operation has a method already: leave them out");
    rule_.methods = denies() ? bit(Method::kOther) : 0;
    uint8_t methods = 0;
    for (size_t i = 0; i < templates_.size(); ++i) {
      templates_.for_each_endpoint(i, [&](const Endpoint& endpoint) {
        if (endpoint.operation != options_.operation) return;
        methods |= bits_of(endpoint.method);
        cover(i, bits_of(endpoint.method));
      });
    }
    if (methods == 0) {
      refuse("operation", "'" + options_.operation + "' is not in the catalogue" +
                              text::did_you_mean(options_.operation, templates_.operations()));
    }
    rule_.methods |= methods;
  }

  // --- by path

  void read_path() {
    rule_.any_path = false;
    Result<PathPattern> pattern = parse_pattern(options_.path);
    if (!pattern) return refuse("path", pattern.error().what);
    if (pattern->open) {
      read_beginning(std::move(*pattern));
    } else {
      read_template(*pattern);
    }
  }

  void read_template(const PathPattern& pattern) {
    for (size_t i = 0; i < templates_.size(); ++i) {
      const bool same_end = templates_.path(i).ends_with('/') == options_.path.ends_with('/');
      if (same_end && is_same_shape(pattern, templates_.pattern(i))) return read_known(i);
    }
    refuse("path", "is no template of the catalogue" + template_hint() +
                       " Others end in a star: /api/0/…/*");
  }

  void read_known(size_t i) {
    // Every method of the template's, listed or not; of other paths those that are the same call.
    cover(i, kEveryMethod);
    if (options_.methods.empty() || (templates_.methods(i) & rule_.methods) != 0) return;
    // The table does not list what every path has.
    if ((rule_.methods & bit(http::Method::kOptions)) != 0) return;
    std::string known;
    templates_.for_each_endpoint(i, [&](const Endpoint& endpoint) {
      known += (known.empty() ? "" : ", ") + std::string(http::to_string(endpoint.method));
    });
    refuse("methods", "the catalogue knows only " + known + " of this path");
  }

  std::string template_hint() const {
    const std::string_view path = options_.path;
    // A path of somebody's, as it stands in a program.
    const Match match = templates_.catalogue().match(Method::kGet, path);
    if (match.template_index >= 0 && path.find('{') == std::string_view::npos) {
      return ": write " + std::string(templates_.path(static_cast<size_t>(match.template_index))) +
             ".";
    }
    const auto near = nearest_template(path, templates_.catalogue());
    if (near) return text::did_you_mean(*near);
    return ".";
  }

  // --- by the beginning of a path

  void read_beginning(PathPattern pattern) {
    const std::vector<size_t> below = read_values(pattern);
    // Whose things another path of the same call reaches is not known where that path says nothing
    // of it: then it is denied, not allowed.
    if (!has_values(pattern) || denies()) {
      for (const size_t i : below)
        templates_.for_each_alias(i, rule_.methods, [&](size_t other, uint8_t methods) {
          const bool is_below = std::binary_search(below.begin(), below.end(), other);
          if (!is_below) cover_one(other, methods);
        });
    }
    if (!denies()) {
      rule_.beginnings.push_back(std::move(pattern));
      return;
    }
    add_other_beginning(pattern);
    rule_.lookalikes.push_back(std::move(pattern));
  }

  // Says of each name in the pattern whether it is a word of the API's or stands for a parameter,
  // and returns the templates that begin so.
  std::vector<size_t> read_values(PathPattern& pattern) {
    std::vector<size_t> candidates(templates_.size());
    for (size_t i = 0; i < candidates.size(); ++i) candidates[i] = i;
    for (size_t depth = 0; depth < pattern.segments.size(); ++depth) {
      PathPattern::Segment& segment = pattern.segments[depth];
      std::vector<size_t> next = segment.kind == Kind::kWord
                                     ? having_word(candidates, depth, segment.text)
                                     : having(candidates, depth);
      if (next.empty() && segment.kind == Kind::kWord) next = as_value(segment, candidates, depth);
      candidates = std::move(next);
    }
    return candidates;
  }

  // No template has this word there: it is what a parameter stands for, if one does.
  std::vector<size_t> as_value(PathPattern::Segment& segment, const std::vector<size_t>& candidates,
                               size_t depth) {
    std::vector<size_t> found = having_parameter(candidates, depth);
    if (found.empty()) return found;
    segment.kind = Kind::kValue;
    check_value(parameter_of(found.front(), depth), segment.text);
    return found;
  }

  // The candidates that have a segment at this depth which `fits` likes.
  template <class Fits>
  std::vector<size_t> having(const std::vector<size_t>& candidates, size_t depth, Fits fits) const {
    std::vector<size_t> found;
    for (const size_t i : candidates) {
      const auto& segments = templates_.pattern(i).segments;
      if (depth < segments.size() && fits(segments[depth])) found.push_back(i);
    }
    return found;
  }
  std::vector<size_t> having(const std::vector<size_t>& candidates, size_t depth) const {
    return having(candidates, depth, [](const PathPattern::Segment&) { return true; });
  }
  std::vector<size_t> having_word(const std::vector<size_t>& candidates, size_t depth,
                                  std::string_view word) const {
    return having(candidates, depth, [word](const PathPattern::Segment& there) {
      return there.kind == Kind::kWord && is_same_word(there.text, word);
    });
  }
  std::vector<size_t> having_parameter(const std::vector<size_t>& candidates, size_t depth) const {
    return having(candidates, depth,
                  [](const PathPattern::Segment& there) { return there.kind != Kind::kWord; });
  }

  std::string_view parameter_of(size_t i, size_t depth) const {
    std::string_view rest = templates_.path(i).substr(kApiPrefix.size());
    for (; depth > 0; --depth) text::take_until(rest, '/');
    return text::take_until(rest, '/');
  }

  // A rule that denies one thing by its name has to know every name of it.
  void check_value(std::string_view parameter, std::string_view value) {
    if (!denies()) return;
    const bool is_number = value.find_first_not_of("0123456789") == std::string_view::npos;
    if (!parameter.ends_with("_id_or_slug}")) {
      refuse("path", "cannot deny '" + std::string(value) +
                         "' alone, which may be called by other "
                         "names: write " +
                         std::string(parameter));
    } else if (is_number) {
      refuse("path", "cannot deny by the number " + std::string(value) +
                         ", for its slug is not known: write the slug, or " +
                         std::string(parameter));
    }
  }

  // An issue is reached with its organization before it or without.
  void add_other_beginning(const PathPattern& pattern) {
    const auto& segments = pattern.segments;
    const auto is_word = [&](size_t at, std::string_view word) {
      return segments.size() > at && segments[at].kind == Kind::kWord &&
             is_same_word(segments[at].text, word);
    };
    PathPattern other{segments, true};
    if (is_word(0, "issues")) {
      other.segments.insert(other.segments.begin(),
                            {{Kind::kWord, "organizations"}, {Kind::kAny, {}}});
    } else if (is_word(0, "organizations") && is_word(2, "issues")) {
      other.segments.erase(other.segments.begin(), other.segments.begin() + 2);
    } else {
      return;
    }
    rule_.lookalikes.push_back(std::move(other));
  }

  // --- what the rule covers

  void cover(size_t i, uint8_t methods) {
    cover_one(i, methods);
    templates_.for_each_alias(i, methods,
                              [&](size_t other, uint8_t shared) { cover_one(other, shared); });
  }

  void cover_one(size_t i, uint8_t methods) {
    if (denies() && rule_.templates[i] == 0) rule_.lookalikes.push_back(templates_.pattern(i));
    rule_.templates[i] |= methods;
    if (denies()) rule_.templates[i] |= bit(Method::kOther);
  }

  const TemplateIndex& templates_;
  const RuleOptions& options_;
  size_t place_;
  std::vector<RuleFault>& faults_;
  Rule rule_;
};

}  // namespace

tl::expected<Rules, std::vector<RuleFault>> Rules::compile(const Options& options,
                                                           const Catalogue& catalogue) {
  Rules rules(catalogue);
  rules.access_ = options.access;
  rules.fallback_ = options.fallback;
  rules.dry_run_ = options.dry_run;
  if (options.rules.empty()) return rules;
  const TemplateIndex templates(catalogue);
  std::vector<RuleFault> faults;
  for (size_t i = 0; i < options.rules.size(); ++i)
    rules.rules_.push_back(Compiler(templates, options.rules[i], i, faults).run());
  if (!faults.empty()) return tl::unexpected(std::move(faults));
  return rules;
}

}  // namespace postern::policy
