#include "event/library.h"

#include <event2/event.h>

namespace postern::event {

std::string_view libevent_in_use() {
  return event_get_version();
}

}  // namespace postern::event
