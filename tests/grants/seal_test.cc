#include "grants/seal.h"

#include <gtest/gtest.h>

namespace postern::grants {
namespace {

const std::string kHex = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";
const std::string kBase64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";  // bytes 0 to 31

Sealer make(const std::string& key, const std::string& old_key = "") {
  auto sealer = Sealer::make(Secret(key), Secret(old_key));
  EXPECT_TRUE(sealer);
  return *sealer;
}

TEST(Sealer, OpensWhatItSealed) {
  Sealer sealer = make(kHex);
  auto envelope = sealer.seal("acme", "the grant");
  ASSERT_TRUE(envelope);
  EXPECT_TRUE(Sealer::is_sealed(*envelope));
  EXPECT_EQ(envelope->find("the grant"), std::string::npos);
  auto opened = sealer.open("acme", *envelope);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->reveal(), "the grant");
}

TEST(Sealer, NeverSealsTwiceAlike) {
  Sealer sealer = make(kHex);
  EXPECT_NE(*sealer.seal("acme", "x"), *sealer.seal("acme", "x"));
}

TEST(Sealer, TheOldKeyStillOpensAndTheNewOneSeals) {
  std::string before = *make(kHex).seal("acme", "x");
  Sealer changing = make(kBase64, kHex);
  EXPECT_EQ(changing.open("acme", before)->reveal(), "x");
  std::string after = *changing.seal("acme", "x");
  EXPECT_TRUE(make(kBase64).open("acme", after));
  auto refused = make(kHex).open("acme", after);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("another key"), std::string::npos);
}

TEST(Sealer, AnyChangedByteBreaksTheSeal) {
  Sealer sealer = make(kHex);
  const std::string envelope = *sealer.seal("acme", "the grant");
  for (size_t i = 0; i + 1 < envelope.size(); ++i) {
    std::string changed = envelope;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(sealer.open("acme", changed)) << i;
    EXPECT_FALSE(sealer.open("acme", envelope.substr(0, i))) << i;
  }
}

TEST(Sealer, AFileOfAnotherGrantDoesNotOpen) {
  Sealer sealer = make(kHex);
  EXPECT_FALSE(sealer.open("globex", *sealer.seal("acme", "x")));
}

TEST(Sealer, AKeyIs32BytesInHexOrBase64) {
  EXPECT_TRUE(Sealer::make(Secret(kBase64), Secret()));
  for (const std::string& text : {std::string(), std::string("short"), kHex.substr(2),
                                  "zz" + kHex.substr(2), kBase64.substr(4)}) {
    auto sealer = Sealer::make(Secret(text), Secret());
    ASSERT_FALSE(sealer);
    EXPECT_NE(sealer.error().what.find("store.key"), std::string::npos);
  }
}

}  // namespace
}  // namespace postern::grants
