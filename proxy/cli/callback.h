// The address that Sentry leads the browser back to, and the pages it shows.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "grants/callback.h"
#include "http/service.h"

namespace postern::cli {

using grants::Callback;

struct Page {
  int status = 200;
  std::string title;
  std::string text;
};
std::string render(const Page& page);  // HTML without scripts or links; all text is escaped

// Answers the browser on the loopback address. One callback with the right state is taken; its page
// is held until finish(), so that it can tell how the login ended. Loop thread.
class CallbackService final : public http::Service {
 public:
  struct Expected {
    std::string authority;  // of the redirect URI; another Host is refused
    std::string path;
    Secret state;
    std::string issuer;
  };
  // Called from handle(), so must neither destroy the service nor end its server at once.
  struct Listener {
    std::function<void(Callback)> on_callback;         // a code or an error, once
    std::function<void(std::string_view)> on_refused;  // why a callback was not taken
  };
  CallbackService(Expected expected, Listener listener);
  ~CallbackService() override;

  void expect(std::string authority) { expected_.authority = std::move(authority); }
  void finish(Page page);  // the login has ended like that; shown to who waits and to who comes
  void expire();           // the same with a page that tells that it is too late

  std::unique_ptr<http::RequestHandler> handle(const http::RequestHead& head,
                                               const http::Caller& caller,
                                               http::Responder& responder) override;
  std::unique_ptr<http::RequestHandler> refuse(const http::ParseError& error,
                                               const http::Caller& caller,
                                               http::Responder& responder) override;

 private:
  class Handler;
  enum class Phase : uint8_t { kOpen, kTaken, kLate };
  // What to show, or nothing: the page is to be held.
  std::unique_ptr<Page> decide(const http::RequestHead& head);
  std::unique_ptr<Page> take(Callback callback);

  Expected expected_;
  Listener listener_;
  Phase phase_ = Phase::kOpen;
  Handler* held_ = nullptr;
};

}  // namespace postern::cli
