// Call: a request to the API that has passed authentication, scopes, organization and limiter.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "message.h"
#include "routes.h"

namespace postern::sandbox {

struct World;
struct Organization;
struct Project;
struct Grant;

struct Call {
  World& world;
  const Request& request;
  const Match& match;
  const Grant* grant = nullptr;                // null on public endpoints
  const Organization* organization = nullptr;  // when the path names one
  const Project* project = nullptr;            // when the path names one
};

// An endpoint that is more than a generic answer.
struct Endpoint {
  std::string_view view;  // class in the route table
  std::string_view method;
  Reply (*answer)(Call& call);
};

// Null when there is none.
const Endpoint* find_endpoint(std::string_view view, std::string_view method);

}  // namespace postern::sandbox
