#include "cli/callback.h"

#include <utility>

#include "http/status.h"

namespace postern::cli {
namespace {

constexpr std::string_view kClose = "You can close this window.";

void append_html(std::string& out, std::string_view text) {
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
}

http::Fields page_fields() {
  return {{"Content-Type", "text/html; charset=utf-8"},
          {"Cache-Control", "no-store"},
          {"Content-Security-Policy",
           "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"},
          {"Referrer-Policy", "no-referrer"},
          {"X-Content-Type-Options", "nosniff"}};
}

void send(http::Responder& responder, const Page& page, bool is_head) {
  std::string body = render(page);
  http::Fields fields = page_fields();
  http::OutgoingResponse response;
  response.status = page.status;
  response.reason = http::reason_phrase(page.status);
  response.fields = &fields;
  response.framing = http::Framing::of_length(body.size());
  response.no_body = is_head;
  responder.close_after();
  responder.send_head(response);
  if (!is_head) responder.send_body(body);
  responder.end();
}

}  // namespace

std::string render(const Page& page) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\"><title>Postern</title>"
      "<style>body{font:1.1em/1.5 sans-serif;max-width:34em;margin:4em auto;padding:0 1em}</style>"
      "</head><body><h1>";
  append_html(out, page.title);
  out += "</h1><p>";
  append_html(out, page.text);
  out += "</p></body></html>\n";
  return out;
}

// One request for a page; tells the service when it goes, which may hold its answer back.
class CallbackService::Handler final : public http::RequestHandler {
 public:
  Handler(http::Responder& responder, bool is_head) : responder_(responder), is_head_(is_head) {}
  ~Handler() override { let_go(); }
  void hold(CallbackService& service) {
    service_ = &service;
    service.held_ = this;
  }
  void show(const Page& page) {
    let_go();
    send(responder_, page, is_head_);
  }
  void orphan() { service_ = nullptr; }

 private:
  void let_go() {
    if (service_ != nullptr) service_->held_ = nullptr;
    service_ = nullptr;
  }
  size_t on_request_body(std::string_view bytes) override { return bytes.size(); }
  void on_request_end() override {}
  void on_drained() override {}
  void on_request_error(const http::ParseError& /*error*/) override {}
  void on_gone(std::string_view /*reason*/) override { let_go(); }

  CallbackService* service_ = nullptr;  // null unless the answer is held
  http::Responder& responder_;
  bool is_head_;
};

CallbackService::CallbackService(Expected expected, Listener listener)
    : expected_(std::move(expected)), listener_(std::move(listener)) {}

CallbackService::~CallbackService() {
  if (held_ != nullptr) held_->orphan();
}

void CallbackService::finish(Page page) {
  phase_ = Phase::kTaken;
  if (held_ != nullptr) held_->show(page);
}

void CallbackService::expire() {
  if (phase_ == Phase::kOpen) phase_ = Phase::kLate;
}

std::unique_ptr<http::RequestHandler> CallbackService::handle(const http::RequestHead& head,
                                                              const http::Caller& /*caller*/,
                                                              http::Responder& responder) {
  bool is_head = head.method == http::Method::kHead;
  auto handler = std::make_unique<Handler>(responder, is_head);
  if (auto page = decide(head)) {
    handler->show(*page);
  } else {
    handler->hold(*this);
  }
  return handler;
}

std::unique_ptr<http::RequestHandler> CallbackService::refuse(const http::ParseError& error,
                                                              const http::Caller& /*caller*/,
                                                              http::Responder& responder) {
  auto handler = std::make_unique<Handler>(responder, false);
  handler->show({error.status, "Not understood", std::string(error.detail)});
  return handler;
}

std::unique_ptr<Page> CallbackService::decide(const http::RequestHead& head) {
  auto page = [](int status, std::string title, std::string text) {
    return std::make_unique<Page>(Page{status, std::move(title), std::move(text)});
  };
  if (head.authority != expected_.authority)
    return page(421, "Not here", "This address only takes the answer to a login.");
  if (head.path != expected_.path)
    return page(404, "Nothing here", "This address only takes the answer to a login.");
  if (head.method != http::Method::kGet)
    return page(405, "Not allowed", "The answer to a login comes by GET.");
  if (phase_ == Phase::kLate) {
    listener_.on_refused("an answer came after the time was over; it was not taken");
    return page(410, "Too late",
                "The login has ended because it took too long. Nothing was stored. Run postern "
                "login again.");
  }
  return take(grants::read_callback(head.query, expected_.state, expected_.issuer));
}

std::unique_ptr<Page> CallbackService::take(Callback callback) {
  auto page = [](int status, std::string title, std::string text) {
    return std::make_unique<Page>(Page{status, std::move(title), std::move(text)});
  };
  if (callback.kind == Callback::Kind::kStranger) {
    listener_.on_refused("an answer with a wrong state was refused: it belongs to another login");
    return page(400, "Not this login",
                "This answer belongs to another login, an older one perhaps. Open the address that "
                "the running postern login has printed.");
  }
  if (callback.kind == Callback::Kind::kNonsense) {
    listener_.on_refused("an answer that says neither yes nor no was refused");
    return page(400, "Not an answer",
                "There is neither a code nor an error in this address. Open the address that the "
                "running postern login has printed.");
  }
  if (phase_ == Phase::kTaken) {
    listener_.on_refused("a second answer was refused: the first one counts");
    return page(409, "Used already",
                "This login has been answered already; an answer is taken once. Look at the "
                "terminal for how it ended.");
  }
  phase_ = Phase::kTaken;
  bool is_error = callback.kind == Callback::Kind::kError;
  std::string error = callback.error;
  listener_.on_callback(std::move(callback));
  if (!is_error) return nullptr;
  return page(200, error == "access_denied" ? "Not authorized" : "Sentry refused",
              "Sentry answered: " + error + ". Nothing was stored; the terminal says what to do. " +
                  std::string(kClose));
}

}  // namespace postern::cli
