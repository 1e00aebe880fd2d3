#include "digest.h"
#include "orders.h"
#include "server.h"
#include "world.h"

namespace postern::sandbox {
namespace {

Reply show_uploads(const Controls& controls, const Fields&) {
  const Uploads& uploads = controls.world.uploads;
  std::vector<Json> files;
  for (const Assembled& file : uploads.files) {
    files.push_back(Json::object({{"kind", file.kind},
                                  {"name", file.name},
                                  {"checksum", file.checksum},
                                  {"size", static_cast<std::uint64_t>(file.content.size())},
                                  {"sha256", sha256_hex(file.content)},
                                  {"chunks", static_cast<std::uint64_t>(file.chunks)}}));
  }
  return json_reply(200,
                    Json::object({{"chunks", static_cast<std::uint64_t>(uploads.chunks.size())},
                                  {"files", Json::array(files)}}));
}

Reply show_upload(const Controls& controls, const Fields& fields) {
  const auto checksum = fields.get("checksum");
  for (const Assembled& file : controls.world.uploads.files) {
    if (checksum == file.checksum) {
      return text_reply(200, "application/octet-stream", file.content);
    }
  }
  return wrong("no file with that checksum");
}

}  // namespace

const std::vector<Order>& upload_orders() {
  static const std::vector<Order> orders = {
      {"GET", "/_sandbox/uploads", show_uploads},
      {"GET", "/_sandbox/upload", show_upload},
  };
  return orders;
}

}  // namespace postern::sandbox
