// Handshakes: the callers that are not through TLS yet.
#pragma once

#include <cstddef>
#include <list>

namespace postern::wire {

class ServerConnection;

// Each takes some memory and is a caller that nobody knows, so the server bounds them. Must outlive
// its places. Loop thread.
class Handshakes final {
 public:
  // Of one caller, for as long as its handshake goes on.
  class Place final {
   public:
    Place(Handshakes& handshakes, ServerConnection& caller)
        : all_(handshakes.callers_), place_(all_.insert(all_.end(), &caller)) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { all_.erase(place_); }

   private:
    std::list<ServerConnection*>& all_;
    std::list<ServerConnection*>::iterator place_;
  };

  size_t size() const { return callers_.size(); }
  ServerConnection& oldest() { return *callers_.front(); }  // REQUIRES: size() > 0

 private:
  std::list<ServerConnection*> callers_;
};

}  // namespace postern::wire
