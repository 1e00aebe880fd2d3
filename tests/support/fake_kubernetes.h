// An API server in memory with one Secret and one Lease, which several clients may share, and which
// can be away, lose answers and refuse.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "kubernetes/server.h"

namespace postern::test {

class FakeCluster final {
 public:
  using Json = nlohmann::json;

  FakeCluster() {
    create("secrets");
    create("leases");
  }

  void create(const std::string& kind) {
    objects[kind] = {{"metadata", {{"resourceVersion", next()}}}};
  }
  // Somebody else writes.
  void change(const std::string& kind, const Json& patch) {
    objects[kind].merge_patch(patch);
    objects[kind]["metadata"]["resourceVersion"] = next();
  }
  void put(const std::string& key, const std::string& text) {
    change("secrets", {{"data", {{key, std::string(text::to_base64(text).reveal())}}}});
  }
  std::string text(const std::string& key) {
    const Json& object = objects["secrets"];
    if (!object.contains("data") || !object["data"].contains(key)) return "";
    const auto bytes = text::from_base64(object["data"][key].get<std::string>());
    return std::string(bytes->reveal());
  }
  void hold_lease(const std::string& holder, int seconds) {
    change("leases", {{"spec", {{"holderIdentity", holder}, {"leaseDurationSeconds", seconds}}}});
  }
  std::string holder() { return objects["leases"]["spec"].value("holderIdentity", ""); }
  int transitions() { return objects["leases"]["spec"].value("leaseTransitions", 0); }

  kubernetes::Answer call(const kubernetes::Request& request) {
    asked.push_back((request.verb == kubernetes::Verb::kGet ? "get " : "patch ") + request.target);
    if (!away.empty()) return tl::unexpected(kubernetes::Failure{away});
    const std::string kind =
        request.target.find("/leases/") != std::string::npos ? "leases" : "secrets";
    if (before) std::exchange(before, nullptr)();
    kubernetes::Reply reply = answer(kind, request);
    if (std::exchange(loses_answer, false)) return tl::unexpected(kubernetes::Failure{"lost"});
    return reply;
  }

  std::map<std::string, Json> objects;  // by kind
  std::vector<std::string> asked;
  std::string away;              // why nothing is answered; empty: it is there
  bool loses_answer = false;     // the next one, though what it asks for is done
  int refuses = 0;               // patches, with that status
  std::function<void()> before;  // done once, before the next call takes effect

 private:
  static kubernetes::Reply status(int code, const std::string& message) {
    const Json object = {{"kind", "Status"}, {"code", code}, {"message", message}};
    return {code, Secret(object.dump())};
  }
  kubernetes::Reply answer(const std::string& kind, const kubernetes::Request& request) {
    const auto found = objects.find(kind);
    if (found == objects.end()) return status(404, kind + " \"x\" not found");
    if (request.verb == kubernetes::Verb::kGet) return {200, Secret(found->second.dump())};
    if (refuses != 0) return status(refuses, "no such change");
    const Json patch = Json::parse(request.body.reveal());
    if (request.target.find("dryRun=All") != std::string::npos)
      return {200, Secret(found->second.dump())};
    if (patch["metadata"]["resourceVersion"] != found->second["metadata"]["resourceVersion"])
      return status(409, "the object has been modified");
    change(kind, patch);
    return {200, Secret(found->second.dump())};
  }
  std::string next() { return std::to_string(++version_); }

  int version_ = 0;
};

class FakeKubernetes final : public kubernetes::Server {
 public:
  explicit FakeKubernetes(FakeCluster& cluster) : cluster_(cluster) {}
  kubernetes::Answer call(const kubernetes::Request& request) override {
    return cluster_.call(request);
  }

 private:
  FakeCluster& cluster_;
};

}  // namespace postern::test
