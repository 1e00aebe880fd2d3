// Site: sends each request to the part that answers it, and keeps the journal.
#pragma once

#include "control.h"
#include "server.h"

namespace postern::sandbox {

Outcome answer_site(const Controls& controls, const Request& request);

}  // namespace postern::sandbox
