// Which answers may be kept, for how long, and which writes change them.
#include "policy/response_class.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace postern::policy {
namespace {

constexpr std::string_view kHex = "0123456789abcdef0123456789abcdef";

class ResponseClassTest : public testing::Test {
 protected:
  ResponseClasses::Traits traits(std::string path, http::Method method = http::Method::kGet) {
    path = "/api/0/" + path;
    return classes_.of(catalogue_.match(method, path), path);
  }
  ResponseClass get(const std::string& path) { return traits(path).response; }
  std::set<std::string> places() const {
    std::set<std::string> all;
    for (const Endpoint& endpoint : catalogue_.endpoints()) all.insert(place_of(endpoint.path));
    return all;
  }

  const Catalogue catalogue_ = Catalogue::built_in();
  const ResponseClasses classes_{catalogue_};
};

TEST_F(ResponseClassTest, APlaceIsWhatTheTemplateNamesInsideItsOwner) {
  EXPECT_EQ(place_of("/api/0/projects/{organization_id_or_slug}/{project_id_or_slug}/events/{e}/"),
            "events/{}/");
  EXPECT_EQ(place_of("/api/0/organizations/{o}/events/{p}:{e}/"), "events/{}:{}/");
  EXPECT_EQ(place_of("/api/0/organizations/{o}/"), "organizations/{}/");
  EXPECT_EQ(place_of("/api/0/issues/{issue_id}/"), "issues/{}/");
  EXPECT_EQ(place_of("/api/0/"), "");
}

TEST_F(ResponseClassTest, EveryRowOfTheTablesNamesAnEndpoint) {
  const std::set<std::string> all = places();
  for (std::string_view pattern : ResponseClasses::patterns()) {
    const bool open = pattern.ends_with('*');
    if (open) pattern.remove_suffix(1);
    const bool found = std::any_of(all.begin(), all.end(), [&](const std::string& place) {
      return open ? place.starts_with(pattern) : place == pattern;
    });
    EXPECT_TRUE(found) << pattern;
  }
  for (const std::string_view word : ResponseClasses::family_words()) {
    const std::string start = std::string(word) + "/";
    const bool found = std::any_of(
        all.begin(), all.end(), [&](const std::string& place) { return place.starts_with(start); });
    EXPECT_TRUE(found) << word;
  }
}

TEST_F(ResponseClassTest, EventsAndTracesHaveHappened) {
  const std::string id(kHex);
  EXPECT_EQ(get("projects/acme/web/events/" + id + "/"), ResponseClass::kEvent);
  EXPECT_EQ(get("organizations/acme/events/web:" + id + "/"), ResponseClass::kEvent);
  EXPECT_EQ(get("issues/7/events/" + id + "/"), ResponseClass::kEvent);
  EXPECT_EQ(get("organizations/acme/groups/7/events/" + id + "/"), ResponseClass::kEvent);
  EXPECT_EQ(get("projects/acme/web/events/" + id + "/json/"), ResponseClass::kEvent);
  EXPECT_EQ(get("organizations/acme/trace/" + id + "/"), ResponseClass::kTrace);
}

TEST_F(ResponseClassTest, AnEventThatIsNamedByItsPlaceIsAnotherOneSoon) {
  for (const char* name : {"latest", "oldest", "recommended", "helpful", "0123abcd", ""}) {
    const std::string path = "organizations/acme/issues/7/events/" + std::string(name) + "/";
    EXPECT_NE(get(path), ResponseClass::kEvent) << path;
  }
  EXPECT_EQ(get("organizations/acme/issues/7/events/latest/"), ResponseClass::kList);
}

TEST_F(ResponseClassTest, AProjectCalledEventsHidesNothing) {
  EXPECT_EQ(get("projects/acme/events/events/latest/"), ResponseClass::kList);
  EXPECT_EQ(get("projects/acme/events/events/" + std::string(kHex) + "/"), ResponseClass::kEvent);
}

TEST_F(ResponseClassTest, OneThingIsADetailAndManyAreAList) {
  EXPECT_EQ(get("organizations/acme/issues/7/"), ResponseClass::kDetail);
  EXPECT_EQ(get("projects/acme/web/"), ResponseClass::kDetail);
  EXPECT_EQ(get("organizations/acme/releases/1.0/"), ResponseClass::kDetail);
  EXPECT_EQ(get("organizations/acme/scim/v2/Users/7"), ResponseClass::kDetail);
  EXPECT_EQ(get("organizations/acme/issues/"), ResponseClass::kList);
  EXPECT_EQ(get("organizations/acme/projects/"), ResponseClass::kList);
  EXPECT_EQ(get("organizations/acme/monitors/nightly/"), ResponseClass::kList);
}

TEST_F(ResponseClassTest, WhatIsPolledIsNeverKept) {
  for (const char* path :
       {"issues/7/autofix/", "organizations/acme/issues/7/autofix/",
        "organizations/acme/issues/7/autofix/setup/", "organizations/acme/data-export/7/",
        "projects/acme/web/files/dsyms/unknown/", "organizations/acme/monitors/nightly/checkins/",
        "projects/acme/web/replays/jobs/delete/7/",
        "organizations/acme/preprodartifacts/7/size-analysis/",
        "organizations/acme/release-threshold-statuses/"})
    EXPECT_EQ(get(path), ResponseClass::kState) << path;
}

TEST_F(ResponseClassTest, CredentialsDownloadsAndTheUnknownStayAlone) {
  for (const char* path :
       {"", "auth/", "api-tokens/", "organizations/acme/org-auth-tokens/",
        "projects/acme/web/releases/token/", "projects/acme/web/events/7/attachments/8/",
        "organizations/acme/new-thing/", "organizations/acme/issues"})
    EXPECT_EQ(get(path), ResponseClass::kAlone) << path;
  EXPECT_EQ(traits("organizations/acme/issues/7/", http::Method::kPut).response,
            ResponseClass::kAlone);
  EXPECT_EQ(traits("organizations/acme/issues/", http::Method::kHead).response,
            ResponseClass::kAlone);
}

TEST_F(ResponseClassTest, FormsOfOnePathAreOneFamily) {
  for (const char* path : {"issues/7/", "organizations/acme/issues/7/",
                           "organizations/acme/groups/7/", "projects/acme/web/issues/"})
    EXPECT_EQ(traits(path).family, Family::kWork) << path;
  EXPECT_EQ(traits("organizations/acme/monitors/").family, Family::kWatch);
  EXPECT_EQ(traits("organizations/acme/teams/").family, Family::kPeople);
  EXPECT_EQ(traits("teams/acme/backend/members/").family, Family::kPeople);
  EXPECT_EQ(traits("projects/acme/web/").family, Family::kOther);
}

TEST(FamilyTest, AWriteStaysInItsFamilyOnlyWhereItCan) {
  EXPECT_TRUE(touches(Family::kWork, Family::kWork));
  EXPECT_TRUE(touches(Family::kWork, Family::kOther));
  EXPECT_FALSE(touches(Family::kWork, Family::kPeople));
  EXPECT_FALSE(touches(Family::kBoards, Family::kWork));
  EXPECT_TRUE(touches(Family::kPeople, Family::kWork));
  EXPECT_TRUE(touches(Family::kOther, Family::kPeople));
}

}  // namespace
}  // namespace postern::policy
