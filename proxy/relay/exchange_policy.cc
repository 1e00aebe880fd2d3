// The part of Exchange that asks whether its caller may make this call with this grant.
#include <utility>

#include "relay/exchange.h"
#include "relay/refusals.h"

namespace postern::relay {

bool Exchange::authorize() {
  if (!pin()) return false;
  limits_route_ = relay_.unlisted_.name(match_);
  return true;
}

// From here on the request is one about the grant's organization, if need be in another form.
bool Exchange::pin() {
  const policy::PinQuestion asked{head_.method, head_.path, head_.target.substr(head_.path.size()),
                                  organization_, match_};
  policy::Pin pin = relay_.pin_.judge(asked, home_of(*grant_));
  if (const auto problem = refuse_pin(pin, asked, *grant_, relay_.catalogue_))
    return refuse(*problem), false;
  if (pin.pinning == policy::Pinning::kSendInstead) send_instead(std::move(pin.target));
  return true;
}

void Exchange::send_instead(std::string target) {
  sent_target_ = std::move(target);
  record_.sent_as = sent_path();
  match_ = relay_.catalogue_.match(head_.method, sent_path());
}

std::string_view Exchange::sent_path() const {
  if (sent_target_.empty()) return head_.path;
  return std::string_view(sent_target_).substr(0, sent_target_.find('?'));
}

}  // namespace postern::relay
