#include "base/base64.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::text {
namespace {

// RFC 4648 §10.
TEST(Base64, IsThatOfTheRfc) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : vectors) {
    EXPECT_EQ(to_base64(plain).reveal(), text);
    EXPECT_EQ(from_base64(text)->reveal(), plain);
  }
}

TEST(Base64, TakesAllBytes) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  for (size_t size = 0; size <= all.size(); ++size) {
    const std::string part = all.substr(0, size);
    EXPECT_EQ(from_base64(to_base64(part).reveal())->reveal(), part) << size;
  }
}

TEST(Base64, RefusesWhatIsNone) {
  for (const char* odd :
       {"Z", "Zg", "Zg=", "Z===", "Zg==Zg==", "Zm-v", "Zm 9", "=Zm9", "Zh==", "Zm9="})
    EXPECT_FALSE(from_base64(odd)) << odd;
}

}  // namespace
}  // namespace postern::text
