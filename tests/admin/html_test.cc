#include "admin/html.h"

#include <gtest/gtest.h>

namespace postern::admin {
namespace {

TEST(Html, WhatMeansSomethingIsShownAsText) {
  EXPECT_EQ(html("<script>alert('1')</script> & \"x\""),
            "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;x&quot;");
  EXPECT_EQ(html("plain /api/0/{organization}/ \xc3\xa4 \xe2\x82\xac"),
            "plain /api/0/{organization}/ \xc3\xa4 \xe2\x82\xac");
  EXPECT_EQ(html("two\nlines\tand"), "two\nlines\tand");
}

TEST(Html, WhatIsNotSeenIsReplaced) {
  const std::string mark = "\xef\xbf\xbd";
  EXPECT_EQ(html(std::string_view("a\0b\x1b[31m\x7f\r", 10)),
            "a" + mark + "b" + mark + "[31m" + mark + mark);
  EXPECT_EQ(html("\xc2\x85"), mark) << "C1";
  EXPECT_EQ(html("\xc2\xa0"), "\xc2\xa0") << "a space that does not break";
  for (const char* turn : {"\xe2\x80\x8e", "\xe2\x80\x8f", "\xe2\x80\xaa", "\xe2\x80\xae",
                           "\xe2\x81\xa6", "\xe2\x81\xa9"})
    EXPECT_EQ(html(turn), mark);
  EXPECT_EQ(html("\xe2\x80\x93 \xe2\x81\xaa"), "\xe2\x80\x93 \xe2\x81\xaa");
}

TEST(Html, HalfACharacterAtTheEndIsLeftToTheBrowser) {
  EXPECT_EQ(html("\xe2\x80"), "\xe2\x80");
  EXPECT_EQ(html("\xc2"), "\xc2");
}

}  // namespace
}  // namespace postern::admin
