// Path templates as a tree of segments: which template does a path fit?
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/api_path.h"

namespace postern::policy {

// Where a path names something: a segment, or what stands before the colon of one.
struct Place {
  int8_t segment = -1;  // -1: nowhere
  bool before_colon = false;

  // Empty when it is named nowhere. A view into the path.
  std::string_view in(const ApiPath& path) const;
};

struct Owner {
  Place organization;
  Place project;
};

// One template, with an endpoint for each of its methods.
struct Route {
  std::string_view path;
  Owner owner;
  std::array<uint16_t, 8> endpoints{};  // by http::Method; the index and one, 0: none
};

// A word goes before a parameter, and the left-most segment decides, so that each path has one
// template whatever the order in which they were added. `groups` is read as `issues` where only
// that fits.
class RouteTree final {
 public:
  struct Found {
    const Route* route = nullptr;  // null: no template fits
    bool needs_slash = false;      // the route fits once a slash is added to the path
    // What the longest beginning of the path fits, of all templates. One of as many as there are
    // nodes: "/api/0/organizations/{organization_id_or_slug}/*".
    std::string_view beginning;
    size_t known = 0;  // segments of the path that the beginning holds
    Owner owner;       // as far as the beginning names it
  };

  RouteTree();

  // The route of this template, or of the one that was added before and fits the same paths.
  // REQUIRES: a template that read_endpoints() accepts; the view outlives the tree.
  Route& add(std::string_view path);
  // Visits each node at most once; allocates nothing. The views last as long as the tree.
  Found find(const ApiPath& path) const;

  std::span<const Route> routes() const { return routes_; }  // in the order of their first add()

 private:
  using Index = uint32_t;  // of a node; 0, the root, is nobody's child
  struct Child {
    std::string_view word;
    Index node;
  };
  struct Node {
    std::vector<Child> words;          // by length, then bytes
    Index pair = 0;                    // {a}:{b}
    Index parameter = 0;               // {a}
    std::array<uint32_t, 2> routes{};  // without and with a slash; the index and one
    std::string beginning;             // how paths begin that come through here
    Owner owner;
  };
  struct Search;

  Index find_word(const Node& node, std::string_view segment) const;
  Index child_of(Index parent, std::string_view segment, size_t depth);
  bool descend(Index at, size_t depth, Search& search) const;

  std::vector<Node> nodes_;
  std::vector<Route> routes_;
};

}  // namespace postern::policy
