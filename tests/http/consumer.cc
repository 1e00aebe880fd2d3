#include "http/consumer.h"

#include "http/status.h"

namespace postern::http::test {
namespace {

std::string fields_of(const Fields& fields) {
  std::string text;
  for (const Field& field : fields)
    text.append(field.name).append(": ").append(field.value) += '\n';
  return text;
}

// The two consumers keep one offset into the stream: everything before it is dealt with.
class RequestConsumer final {
 public:
  // `stream` is all that has arrived so far.
  void take(std::string_view stream) {
    while (outcome_.status == 0) {
      const std::string_view rest = stream.substr(at_);
      const bool moved = in_body_ ? take_body(rest) : take_head(rest);
      if (!moved) break;
    }
    outcome_.pending = outcome_.status == 0 && (in_body_ || parser_.started(stream.substr(at_)));
  }

  RequestOutcome outcome() { return outcome_; }

 private:
  bool take_head(std::string_view rest) {
    const ParseState state = parser_.parse(rest, head_);
    if (state == ParseState::kNeedMore) return false;
    if (state == ParseState::kError) {
      refuse(parser_.error());
      return false;
    }
    current_ = {std::string(head_.method_text), std::string(head_.target),
                std::string(head_.authority), fields_of(head_.fields), ""};
    at_ += parser_.consumed();
    parser_.reset();
    body_.start(head_.framing);
    in_body_ = true;
    return true;
  }

  bool take_body(std::string_view rest) {
    const BodyDecoder::Step step = body_.decode(rest);
    at_ += step.consumed;
    current_.body.append(step.data);
    if (step.state == BodyDecoder::State::kError) refuse({400, body_.error()});
    if (step.state == BodyDecoder::State::kDone) {
      outcome_.requests.push_back(current_);
      in_body_ = false;
      return true;
    }
    return step.consumed > 0;
  }

  void refuse(const ParseError& error) {
    outcome_.status = error.status;
    outcome_.detail = std::string(error.detail);
    outcome_.refused_after = outcome_.requests.size();
  }

  RequestParser parser_{HeadLimits{}};
  RequestHead head_;
  BodyDecoder body_;
  SeenRequest current_;
  RequestOutcome outcome_;
  size_t at_ = 0;
  bool in_body_ = false;
};

class ResponseConsumer final {
 public:
  explicit ResponseConsumer(bool to_head) : to_head_(to_head) {}

  void take(std::string_view stream) {
    while (outcome_.fault.empty() && !outcome_.complete) {
      const std::string_view rest = stream.substr(at_);
      const bool moved = in_body_ ? take_body(rest) : take_head(rest);
      if (!moved) break;
    }
    outcome_.reusable = outcome_.complete && keep_alive_ && at_ == stream.size();
  }

  void end() {
    if (!outcome_.fault.empty() || outcome_.complete) return;
    if (in_body_ && body_.finish() == BodyDecoder::State::kDone) {
      outcome_.complete = true;
    } else {
      outcome_.fault = in_body_ ? std::string(body_.error()) : "ended in the head";
    }
  }

  ResponseOutcome outcome() { return outcome_; }

 private:
  bool take_head(std::string_view rest) {
    const ParseState state = parser_.parse(rest, to_head_, head_);
    if (state == ParseState::kError) outcome_.fault = std::string(parser_.error());
    if (state != ParseState::kDone) return false;
    at_ += parser_.consumed();
    parser_.reset();
    if (head_.status == 101) {
      outcome_.fault = "101 that nobody asked for";
      return false;
    }
    if (head_.status < 200) {
      ++outcome_.interim;
      return true;
    }
    outcome_.status = head_.status;
    outcome_.fields = fields_of(head_.fields);
    keep_alive_ = head_.keep_alive;
    body_.start(head_.framing);
    outcome_.complete = body_.done();
    in_body_ = true;
    return !outcome_.complete;
  }

  bool take_body(std::string_view rest) {
    const BodyDecoder::Step step = body_.decode(rest);
    at_ += step.consumed;
    outcome_.body.append(step.data);
    if (step.state == BodyDecoder::State::kError) outcome_.fault = std::string(body_.error());
    outcome_.complete = step.state == BodyDecoder::State::kDone;
    return step.consumed > 0;
  }

  const bool to_head_;
  ResponseParser parser_{HeadLimits{}};
  ResponseHead head_;
  BodyDecoder body_;
  ResponseOutcome outcome_;
  size_t at_ = 0;
  bool in_body_ = false;
  bool keep_alive_ = false;
};

}  // namespace

RequestOutcome consume_requests(std::string_view bytes, const std::vector<size_t>& cuts) {
  RequestConsumer consumer;
  feed(bytes, cuts, [&consumer](std::string_view stream) { consumer.take(stream); });
  return consumer.outcome();
}

ResponseOutcome consume_response(std::string_view bytes, const std::vector<size_t>& cuts,
                                 bool to_head, bool ends) {
  ResponseConsumer consumer(to_head);
  feed(bytes, cuts, [&consumer](std::string_view stream) { consumer.take(stream); });
  if (ends) consumer.end();
  return consumer.outcome();
}

std::vector<size_t> every_cut(size_t size) {
  std::vector<size_t> cuts;
  for (size_t cut = 1; cut < size; ++cut) cuts.push_back(cut);
  return cuts;
}

}  // namespace postern::http::test
