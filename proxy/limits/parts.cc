#include "limits/parts.h"

namespace postern::limits {

std::string_view Parts::bucket_of(std::string_view route) const {
  const auto found = buckets_.find(route);
  return found == buckets_.end() ? std::string_view() : found->second;
}

void Parts::move(std::string_view route, std::string_view bucket) {
  buckets_.insert_or_assign(std::string(route), std::string(bucket));
  news_.insert_or_assign(std::string(route), std::string(bucket));
}

PartsQuestion Parts::question() {
  is_asking_ = true;
  PartsQuestion question;
  question.version = version_;
  for (const auto& [route, bucket] : news_) question.moves.push_back({route, bucket});
  return question;
}

bool Parts::on_answer(const PartsAnswer& answer) {
  is_asking_ = false;
  news_.clear();
  if (answer.version == 0 && version_ > 0) {
    // It was forgotten: what is known here is told anew.
    version_ = 0;
    news_ = buckets_;
    return false;
  }
  version_ = answer.version;
  buckets_.clear();
  for (const RoutePart& part : answer.parts) buckets_.insert_or_assign(part.route, part.bucket);
  return true;
}

PartsAnswer PartsTable::answer(const PartsQuestion& question) {
  if (!question.moves.empty() && question.version == version_) {
    ++version_;
    for (const RoutePart& part : question.moves) buckets_.insert_or_assign(part.route, part.bucket);
  }
  PartsAnswer answer;
  answer.version = version_;
  for (const auto& [route, bucket] : buckets_) answer.parts.push_back({route, bucket});
  return answer;
}

}  // namespace postern::limits
