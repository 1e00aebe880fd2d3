#include "cli/browser_login.h"

#include <csignal>
#include <memory>
#include <optional>
#include <ostream>
#include <utility>

#include "base/log.h"
#include "cli/browser.h"
#include "cli/callback.h"
#include "cli/countdown.h"
#include "cli/redirect_uri.h"
#include "event/deadline.h"
#include "event/lane.h"
#include "event/loop.h"
#include "event/signals.h"
#include "wire/server.h"

namespace postern::cli {
namespace {

constexpr Duration kLastWords = std::chrono::seconds(2);  // for pages that are under way
constexpr Duration kTick = std::chrono::seconds(1);

wire::ServerOptions server_options() {
  wire::ServerOptions options;
  options.max_connections = 32;
  options.idle_timeout = std::chrono::seconds(5);
  return options;
}

// Listens, waits for the one callback, exchanges its code while the browser waits for the page.
class BrowserLogin final {
 public:
  BrowserLogin(const Attempt& attempt, RedirectUri redirect)
      : attempt_(attempt),
        redirect_(std::move(redirect)),
        secrets_(grants::make_authorization_secrets()),
        silent_({log::Level::kError, log::Format::kText, false, 64}, [](std::string_view) {}),
        countdown_(attempt.context, "waiting for the browser"),
        lane_(loop_),
        service_({"", redirect_.path, secrets_.state, attempt.grant().sentry_url},
                 {[this](Callback callback) { on_callback(std::move(callback)); },
                  [this](std::string_view why) { say(why); }}),
        server_(loop_, server_options(), service_, silent_),
        deadline_(loop_, [this] { on_timeout(); }),
        tick_(loop_, [this] { on_tick(); }),
        drain_(loop_, [this] { drain(); }),
        last_words_(loop_, [this] { loop_.stop(); }),
        signals_(loop_, {SIGINT, SIGTERM}, [this](int) { on_interrupt(); }) {}

  Result<grants::TokenAnswer> run() {
    wire::ListenOptions listen;
    listen.address = redirect_.listen();
    auto bound = server_.listen(listen);
    if (!bound) return tl::unexpected(bound.error());
    std::string port = bound->substr(bound->rfind(':') + 1);
    service_.expect(redirect_.authority(port));
    uri_ = redirect_.text(port);
    invite();
    ends_at_ = loop_.now() + attempt_.timeout();
    deadline_.set(ends_at_);
    on_tick();
    loop_.run();
    return std::move(*result_);
  }

 private:
  void invite() {
    std::string url = grants::authorization_url(attempt_.grant(), secrets_, uri_);
    Context& context = attempt_.context;
    const std::string& given = attempt_.arguments.redirect_uri;
    context.out << "Open this address and authorize Postern:\n\n  " << url << "\n\n"
                << error_page_hint(given.empty() ? grants::kRedirectUri : given) << std::flush;
    if (has_display(context.environment)) open_browser(url, context.environment);
  }

  void say(std::string_view text) {
    countdown_.clear();
    attempt_.context.err << text << '\n' << std::flush;
  }

  void on_tick() {
    if (working_ || result_) return;
    countdown_.show(ends_at_ - loop_.now());
    tick_.set_after(kTick);
  }

  void on_callback(Callback callback) {
    deadline_.clear();
    countdown_.clear();
    if (callback.kind == Callback::Kind::kError) {
      return end(fail(grants::explain_error(callback.error, attempt_.grant())));
    }
    working_ = true;
    code_ = std::move(callback.code);
    job_ =
        lane_.post([this] { exchanged_.emplace(exchange(attempt_, code_, secrets_.pkce, uri_)); },
                   [this] { on_exchanged(); });
  }

  void on_exchanged() {
    bool is_good = exchanged_->has_value();
    service_.finish(is_good ? Page{200, "Sentry has authorized Postern",
                                   "The terminal says what was granted. You can close this window."}
                            : Page{502, "The login did not work",
                                   "Nothing was stored; the terminal says why. You can close this "
                                   "window."});
    end(std::move(*exchanged_));
  }

  void on_timeout() {
    service_.expire();
    say("nobody answered within " + minutes(attempt_.timeout()) + " minutes");
    result_.emplace(
        fail("the login has ended; nothing was stored. Run it again, with --timeout "
             "for more time"));
    drain_.set_after(kLastWords);  // who comes just too late is told so
  }

  void on_interrupt() {
    result_.emplace(fail("interrupted; nothing was stored"));
    loop_.stop();
  }

  // Later, for this may be called by the server that is to be ended.
  void end(Result<grants::TokenAnswer> result) {
    if (result_) return;
    result_.emplace(std::move(result));
    drain_.set_after(Duration::zero());
  }

  void drain() {
    last_words_.set_after(kLastWords);
    server_.drain([this] { loop_.stop(); });
  }

  const Attempt& attempt_;
  RedirectUri redirect_;
  grants::AuthorizationSecrets secrets_;
  std::string uri_;
  event::Loop loop_;
  log::Logger silent_;
  Countdown countdown_;
  bool working_ = false;
  Secret code_;
  std::optional<Result<grants::TokenAnswer>> exchanged_;  // written by the lane, read after it
  std::optional<Result<grants::TokenAnswer>> result_;
  event::Lane lane_;
  event::Job job_;
  CallbackService service_;
  wire::Server server_;
  Instant ends_at_{};
  event::Deadline deadline_;
  event::Deadline tick_;
  event::Deadline drain_;
  event::Deadline last_words_;
  event::Signals signals_;
};

}  // namespace

Result<grants::TokenAnswer> login_in_browser(const Attempt& attempt) {
  const std::string& given = attempt.arguments.redirect_uri;
  auto redirect = parse_redirect_uri(given.empty() ? grants::kRedirectUri : given);
  if (!redirect) return tl::unexpected(redirect.error());
  return BrowserLogin(attempt, std::move(*redirect)).run();
}

}  // namespace postern::cli
