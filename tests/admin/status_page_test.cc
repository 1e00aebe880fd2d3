#include "admin/status_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_clock.h"
#include "support/shared_bucket.h"

namespace postern::admin {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kHostile = "<img src=x onerror=alert(1)>\"'&\xe2\x80\xae";

class StatusPage : public testing::Test {
 protected:
  StatusPage() {
    report_.running = true;
    report_.ready = true;
    report_.grants.push_back(good());
  }
  static GrantReport good() {
    GrantReport grant;
    grant.name = "acme";
    grant.kind = "oauth";
    grant.state = "fresh";
    grant.usable = true;
    grant.organization = "acme";
    grant.scopes = {"org:read", "event:admin"};
    grant.expires_at = "2026-11-25T12:00:00.000000Z";
    grant.expires_in_s = 90000;
    grant.lifetime_s = 180000;
    grant.next_refresh = "2026-11-25T11:00:00.000000Z";
    return grant;
  }
  static relay::BucketView bucket() {
    relay::BucketView bucket;
    bucket.group = "GET";
    bucket.host = "sentry.io";
    bucket.limit = 40;
    bucket.remaining = 10;
    bucket.window_s = 1;
    bucket.queued = 7;
    bucket.routes = {"/api/0/a/"};
    return bucket;
  }
  void finish(int status, std::string_view route, std::string_view text = {}) {
    relay::AccessRecord record;
    record.method = "GET";
    record.route = route;
    record.status = status;
    record.origin = "sentry";
    record.attempts = 1;
    record.upstream = std::chrono::milliseconds(20);
    record.total = std::chrono::milliseconds(25);
    record.reason = record.client = record.grant = record.listener = text;
    record.code = record.cache = record.missing_scope = text;
    inspector_.on_finished(record);
  }
  void finish_with(const relay::ReadableBodies& bodies) {
    relay::AccessRecord record;
    record.bytes_in = 2048;
    record.bodies = &bodies;
    inspector_.on_finished(record);
  }
  std::string part(std::string_view name) {
    return render_part(name, {report_, inspector_, history_, configuration_});
  }
  std::string page() { return render_page({report_, inspector_, history_, configuration_}); }

  test::FakeClock clock_;
  StatusReport report_;
  Inspector inspector_{clock_, 10, 1000};
  History history_;
  std::string configuration_ = "listen: []";
};

TEST_F(StatusPage, EveryMarkIsFilled) {
  finish(200, "/api/0/a/");
  const std::string html = page();
  EXPECT_THAT(html, Not(HasSubstr("{{")));
  for (const char* words : {"<h1>Postern</h1>", "Ready", "acme", "/api/0/a/", "listen: []",
                            "<html lang=\"en\">", "<caption>"})
    EXPECT_THAT(html, HasSubstr(words));
}

TEST_F(StatusPage, MarksInWhatIsShownAreNotFilled) {
  configuration_ = "{{grants}}";
  report_.version = "{{configuration}}";
  EXPECT_THAT(page(), HasSubstr("{{grants}}"));
  EXPECT_THAT(page(), HasSubstr("{{configuration}}"));
}

TEST_F(StatusPage, NothingThatIsShownIsObeyed) {
  GrantReport& grant = report_.grants[0];
  for (std::string* field :
       {&grant.name, &grant.kind, &grant.state, &grant.organization, &grant.organization_id,
        &grant.user_id, &grant.user_name, &grant.user_email, &grant.last_error, &grant.remedy,
        &grant.where, &grant.last_error_at, &grant.expires_at, &grant.next_refresh})
    *field = kHostile;
  grant.scopes = {std::string(kHostile), "team:" + std::string(kHostile)};
  relay::BucketView odd = bucket();
  odd.user = odd.host = odd.group = kHostile;
  odd.routes = {std::string(kHostile)};
  odd.answers[std::string(kHostile)] = 3;
  report_.limits = {odd};
  history_.sample(report_.limits);
  report_.listen = {std::string(kHostile)};
  const std::string hostile(kHostile);
  report_.certificates = {
      {hostile, hostile, {hostile}, hostile, -1, hostile, -1, hostile, hostile}};
  report_.version = configuration_ = kHostile;
  finish(500, kHostile, kHostile);
  finish_with({{std::string(kHostile), "text", false}, {"", std::string(kHostile), false}});
  const std::string html = page();
  EXPECT_THAT(html, Not(HasSubstr("<img src=x")));
  EXPECT_THAT(html, Not(HasSubstr("onerror=alert(1)>")));
  EXPECT_THAT(html, Not(HasSubstr("\xe2\x80\xae")));
  EXPECT_THAT(html, HasSubstr("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;"));
}

TEST_F(StatusPage, HasNoStyleAndNoScriptOfItsOwn) {
  report_.limits = {bucket()};
  finish(200, "/api/0/a/");
  const std::string html = page();
  for (const char* inlined :
       {" style=", "<style", "javascript:", " onclick=", "<script>", "http://", "https://"})
    EXPECT_THAT(html, Not(HasSubstr(inlined)));
}

TEST_F(StatusPage, AGrantShowsHowLongItIsGood) {
  const std::string html = part("grants");
  EXPECT_THAT(html, HasSubstr("good for 1d 1h"));
  EXPECT_THAT(html, HasSubstr("of 2d 2h"));
  EXPECT_THAT(html, HasSubstr("width=\"500\"")) << "half of it is left";
  EXPECT_THAT(html, HasSubstr("in 1d (2026-11-25 11:00 UTC)")) << "the next refresh";
  EXPECT_THAT(html, HasSubstr("class=\"contained\">write<"));
}

TEST_F(StatusPage, ATokenThatNeedsAPersonIsNotCalledGood) {
  report_.grants[0].needs_person = true;
  EXPECT_THAT(part("grants"), Not(HasSubstr("good for")));
}

TEST_F(StatusPage, WhoNeedsALoginIsLedToTheFormFirst) {
  report_.grants[0].remedy = "run: postern login --grant acme";
  EXPECT_THAT(part("grants"), HasSubstr("<a href=\"#connect\">"));
  report_.grants[0].kind = "static";
  EXPECT_THAT(part("grants"), Not(HasSubstr("<a href=\"#connect\">")));
}

TEST_F(StatusPage, AnErrorDoesNotRepeatItsRemedy) {
  GrantReport& grant = report_.grants[0];
  grant.last_error = "refused; run: postern login";
  grant.remedy = "run: postern login";
  EXPECT_THAT(part("grants"), HasSubstr("<br>refused</p>"));
}

TEST_F(StatusPage, TheSummaryWarnsOfTheStoreAndTheConfiguration) {
  EXPECT_THAT(part("summary"), Not(HasSubstr("trouble")));
  report_.store_fault = "disk <full>";
  report_.configuration.fault = "postern.yaml:3:1: unknown key";
  report_.configuration.need_restart = {"listen", "store.path"};
  const std::string html = part("summary");
  EXPECT_THAT(html, HasSubstr("disk &lt;full&gt;"));
  EXPECT_THAT(html, HasSubstr("postern.yaml:3:1: unknown key"));
  EXPECT_THAT(html, HasSubstr("listen store.path"));
}

TEST_F(StatusPage, TheSummaryHasTheCertificatesAndWarnsOfThem) {
  EXPECT_THAT(part("summary"), Not(HasSubstr("Certificate")));
  CertificateReport& certificate = report_.certificates.emplace_back();
  certificate.listener = "0.0.0.0:7979";
  certificate.names = {"postern.example"};
  certificate.expires_at = "2026-11-25T12:00:00Z";
  certificate.expires_in_s = 90 * 86400;
  certificate.callers_expire_at = "2027-11-25T12:00:00Z";
  certificate.callers_expire_in_s = 455 * 86400;
  EXPECT_THAT(part("summary"), HasSubstr("postern.example, expires in 90d (2026-11-25 12:00 UTC)"));
  EXPECT_THAT(part("summary"), HasSubstr("expires in 455d (2027-11-25 12:00 UTC)"));
  EXPECT_THAT(part("summary"), Not(HasSubstr("trouble")));
  certificate.expires_in_s = 86400;
  EXPECT_THAT(part("summary"), HasSubstr("the certificate of 0.0.0.0:7979 expires in 1d"));
  certificate.expires_in_s = -1;
  EXPECT_THAT(part("summary"), HasSubstr("postern.example, has expired (2026-11-25 12:00 UTC)"));
  EXPECT_THAT(part("summary"), HasSubstr("has expired, and callers refuse it"));
}

TEST_F(StatusPage, AGrantInTroubleShowsTheCommand) {
  GrantReport& grant = report_.grants[0];
  grant.usable = false;
  grant.needs_person = true;
  grant.state = "revoked";
  grant.last_error = "Sentry has withdrawn it";
  grant.remedy = "run: postern login --grant acme";
  const std::string html = part("grants");
  EXPECT_THAT(html, HasSubstr("revoked, needs a person"));
  EXPECT_THAT(html, HasSubstr("Sentry has withdrawn it"));
  EXPECT_THAT(html, HasSubstr("<code>postern login --grant acme</code>"));
  grant.remedy = "look at Sentry";
  EXPECT_THAT(part("grants"), HasSubstr("What to do: look at Sentry"));
}

TEST_F(StatusPage, AnExpiredTokenIsOver) {
  report_.grants[0].expires_in_s = -3;
  EXPECT_THAT(part("grants"), HasSubstr("The token has expired"));
  report_.grants[0].expires_at.clear();
  EXPECT_THAT(part("grants"), HasSubstr("does not expire"));
}

TEST_F(StatusPage, ABucketShowsWhatIsLeftAndWhoWaits) {
  EXPECT_THAT(part("limits"), HasSubstr("No call has been made yet"));
  report_.limits = {bucket()};
  history_.sample(report_.limits);
  const std::string html = part("limits");
  EXPECT_THAT(html, HasSubstr("10 of 40 calls each 1s left"));
  EXPECT_THAT(html, HasSubstr("7 in line"));
  EXPECT_THAT(html, HasSubstr("width=\"250\""));
  EXPECT_THAT(html, HasSubstr("at most <b>7</b>"));
  history_ = History();
  EXPECT_THAT(part("limits"), HasSubstr("Nobody was seen waiting"));
}

TEST_F(StatusPage, CallsThatFailAreCounted) {
  EXPECT_THAT(part("upstream"), HasSubstr("No call to Sentry yet"));
  finish(200, "/api/0/a/");
  finish(502, "/api/0/a/");
  EXPECT_THAT(part("upstream"), HasSubstr("<dt>failed</dt><dd>1</dd>"));
  report_.upstreams = {{"https://sentry.io", false, 3, 2, 1, 0, 9, 8, 7}};
  EXPECT_THAT(part("upstream"), HasSubstr("3 busy, 2 idle, 1 being made"));
  EXPECT_THAT(part("upstream"), HasSubstr("9, 8 with an earlier TLS session"));
  EXPECT_THAT(part("upstream"), HasSubstr("<dt>median</dt><dd>20 ms</dd>"));
}

TEST_F(StatusPage, RequestsAreListedTheNewestFirst) {
  EXPECT_THAT(part("requests"), HasSubstr("None yet."));
  finish(200, "/api/0/first/");
  finish(0, "/api/0/second/");
  const std::string html = part("requests");
  EXPECT_LT(html.find("/api/0/second/"), html.find("/api/0/first/"));
  EXPECT_THAT(html, HasSubstr("id=\"request-2\""));
  EXPECT_THAT(html, HasSubstr(">left<")) << "the client did not wait";
}

TEST_F(StatusPage, BodiesAreInTheirRowAndText) {
  finish_with({{"</pre><script>{\"a\":1}", "text", true}, {"", "gzip", true}});
  const std::string html = part("requests");
  EXPECT_THAT(html, HasSubstr("<details><summary>Request body, 2.0 KiB, the beginning</summary>"
                              "<pre>&lt;/pre&gt;&lt;script&gt;{&quot;a&quot;:1}</pre></details>"));
  EXPECT_THAT(html, HasSubstr("<small>Response body, 0 B, gzip</small>"));
  finish(200, "/api/0/a/");
  EXPECT_THAT(part("requests").substr(0, part("requests").find("request-1\"")),
              Not(HasSubstr("details")))
      << "none was kept of the newer one";
}

FleetReport fleet() {
  FleetReport report;
  report.place = "redis://r:6379";
  report.age_s = 0;
  ReplicaReport replica;
  replica.presence.name = "web-1";
  replica.presence.pid = 17;
  replica.presence.ready = true;
  replica.seen_at = "2026-01-01T00:00:00Z";
  replica.silent_s = 2;
  replica.grants = {{"acme", 11, true}};
  report.replicas = {replica};
  SharedGrantReport grant;
  grant.name = "acme";
  grant.state = "stored";
  grant.generation = 12;
  grant.written_s = 60;
  grant.written_by = "web-1/17";
  grant.lease = LeaseReport{"web-1/17", "", "", 3, 32};
  report.grants = {grant};
  return report;
}

TEST(FleetPart, SaysWhoIsThereAndWhoRefreshes) {
  const std::string html = render_fleet(fleet());
  for (const char* words :
       {"1 instance at redis://r:6379", "web-1/17", "ready", "2s ago", "generation 11, behind",
        "generation 12", "1m ago by web-1/17", "runs out in 32s"})
    EXPECT_THAT(html, HasSubstr(words));
}

TEST(FleetPart, ListsTheLimitsThatAreShared) {
  FleetReport report = fleet();
  report.shares_limits = true;
  report.buckets = {postern::test::shared_bucket()};
  report.buckets[0].user = kHostile;
  const std::string html = render_fleet(report);
  for (const char* words :
       {"Limits are shared.", "40 each 1s", "38 of 39, 400 ms ago", "3 instances", ">shared<"})
    EXPECT_THAT(html, HasSubstr(words));
  EXPECT_THAT(html, Not(HasSubstr("<img src=x")));
  report.advice = kNoFleet;
  report.buckets[0].share->is_alone = true;
  report.limits_fault = "Redis is away";
  EXPECT_THAT(render_fleet(report), HasSubstr("equal parts"));
  EXPECT_THAT(render_fleet(report), HasSubstr("Redis is away"));
}

TEST(FleetPart, WithoutAListItSaysWhatWouldMakeOne) {
  FleetReport report = fleet();
  report.unlisted = kUnlisted;
  const std::string html = render_fleet(report);
  EXPECT_THAT(html, HasSubstr("this instance at redis://r:6379"));
  EXPECT_THAT(html, HasSubstr("share a Redis (store.kind: redis)"));
}

TEST(FleetPart, SaysWhyWhatIsShownIsOld) {
  FleetReport report = fleet();
  report.fault = "redis://r:6379 has not answered";
  report.age_s = 90;
  ReplicaReport& other = report.replicas.emplace_back(report.replicas[0]);
  other.is_overdue = true;
  report.replicas[0].as_of_s = other.as_of_s = 90;
  report.replicas[0].grants[0].generation = 0;
  report.grants[0].as_of_s = 95;
  const std::string html = render_fleet(report);
  for (const char* words :
       {"could not be read in full; this is what it said 1m 30s ago", ">ready, as of 1m 30s ago<",
        ">silent, as of 1m 30s ago<", ">stored, as of 1m 35s ago<", ">none, behind<"})
    EXPECT_THAT(html, HasSubstr(words));
}

TEST(FleetPart, OneOnItsOwnIsToldWhatMakesAFleet) {
  FleetReport report;
  report.advice = kNoFleet;
  EXPECT_THAT(render_fleet(report), HasSubstr("store.kind: redis"));
}

TEST(FleetPart, NothingThatOthersSayIsObeyed) {
  FleetReport report = fleet();
  report.replicas[0].presence.ready = false;
  for (std::string* field :
       {&report.place, &report.fault, &report.replicas[0].presence.name,
        &report.replicas[0].presence.why, &report.replicas[0].presence.version,
        &report.replicas[0].grants[0].grant, &report.grants[0].name, &report.grants[0].fault,
        &report.grants[0].written_by, &report.grants[0].lease->holder})
    *field = kHostile;
  const std::string html = render_fleet(report);
  EXPECT_THAT(html, Not(HasSubstr("<img src=x")));
  EXPECT_THAT(html, Not(HasSubstr("\xe2\x80\xae")));
}

}  // namespace
}  // namespace postern::admin
