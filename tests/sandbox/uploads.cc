#include "uploads.h"

#include <algorithm>
#include <array>

#include "digest.h"
#include "inflate.h"
#include "multipart.h"
#include "page.h"
#include "world.h"

namespace postern::sandbox {
namespace {

constexpr std::int64_t kChunkSize = 8 << 20;
constexpr std::int64_t kMaxRequest = 32 << 20;
constexpr std::int64_t kChunksPerRequest = 64;

Reply upload_error(std::string_view problem) {
  return json_reply(400, Json::object({{"error", problem}}));
}

// sentry-cli of 1.70.1 up to 2.29 is given a relative address.
bool wants_relative(const std::string& user_agent) {
  const std::string name = "sentry-cli/";
  if (user_agent.rfind(name, 0) != 0) return false;
  std::array<int, 3> version{};
  const auto parts = split(user_agent.substr(name.size(), user_agent.find(' ') - name.size()), '.');
  for (std::size_t i = 0; i < version.size() && i < parts.size(); ++i) {
    Fields fields;
    fields.add("part", parts[i]);
    version[i] = static_cast<int>(fields.number("part").value_or(0));
  }
  return version >= std::array<int, 3>{1, 70, 1} && version < std::array<int, 3>{2, 30, 0};
}

Reply chunk_options(Call& call) {
  const std::string path = call.request.path;
  const bool relative = wants_relative(call.request.headers.header("User-Agent").value_or(""));
  // Old clients add /api/0 themselves.
  const std::string url = relative ? path.substr(6) : call.world.hosts.region() + path;
  return json_reply(
      200, Json::object({{"url", url},
                         {"chunkSize", kChunkSize},
                         {"chunksPerRequest", kChunksPerRequest},
                         {"maxFileSize", std::int64_t{2} << 30},
                         {"maxRequestSize", kMaxRequest},
                         {"concurrency", 8},
                         {"hashAlgorithm", "sha1"},
                         {"compression", std::vector<std::string>{"gzip"}},
                         {"accept", std::vector<std::string>{"debug_files", "release_files", "pdbs",
                                                             "sources", "bcsymbolmaps", "il2cpp",
                                                             "portablepdbs", "artifact_bundles",
                                                             "artifact_bundles_v2", "proguard"}}}));
}

// A chunk as it was before compression. A body with a Content-Encoding is taken at its word.
std::optional<std::string> content_of(const Part& part) {
  if (part.name == "file") return std::string(part.content);
  return gunzip(part.content, kChunkSize + 1);
}

// A chunk is named by the sha1 of its content. Sizes count after decompression.
Reply store_chunks(Call& call) {
  const bool encoded = call.request.headers.header("Content-Encoding").has_value();
  std::map<std::string, std::string> received;
  std::size_t total = 0;
  for (const Part& part : parts_of(call.request)) {
    if (part.name != "file" && part.name != "file_gzip") continue;
    if (part.name == "file_gzip" && encoded) return upload_error("Invalid encoding");
    auto content = content_of(part);
    if (!content) return upload_error("Invalid gzip data");
    if (content->size() > kChunkSize) return upload_error("Chunk size too large");
    if (!encoded && sha1_hex(*content) != part.file_name) {
      return upload_error("Checksum missmatch");
    }
    total += content->size();
    received[part.file_name] = std::move(*content);
  }
  if (received.size() > kChunksPerRequest) return upload_error("Too many chunks");
  if (total > kMaxRequest) return upload_error("Request too large");
  for (auto& [name, content] : received) {
    call.world.uploads.chunks[name] = std::move(content);
  }
  return text_reply(200, "application/json", "");
}

Json assembly_reply(std::string_view state, const std::vector<std::string>& missing,
                    const Json& detail) {
  return Json::object({{"state", state}, {"missingChunks", missing}, {"detail", detail}});
}

// Puts `file` together of the chunks that `wanted` names, unless that has been done.
Json assembly(World& world, const JsonObject& wanted, Assembled file) {
  Uploads& uploads = world.uploads;
  const std::vector<std::string> names = wanted.texts("chunks");
  std::vector<std::string> missing;
  for (const std::string& name : names) {
    const auto chunk = uploads.chunks.find(name);
    if (chunk == uploads.chunks.end()) {
      missing.push_back(name);
    } else {
      file.content += chunk->second;
    }
  }
  if (uploads.find(file.kind, file.checksum) != nullptr) return assembly_reply("ok", {}, Json());
  if (names.empty() || !missing.empty()) return assembly_reply("not_found", missing, Json());
  if (sha1_hex(file.content) != file.checksum) {
    return assembly_reply("error", {}, "Reported checksum mismatch");
  }
  file.chunks = names.size();
  uploads.files.push_back(std::move(file));
  return assembly_reply("ok", {}, Json());
}

Reply assemble(Call& call, const std::string& kind) {
  const auto body = JsonObject::parse(call.request.body);
  const auto checksum = body ? body->text("checksum") : std::nullopt;
  if (!checksum) return upload_error("checksum is required");
  return json_reply(200, assembly(call.world, *body, {kind, "", *checksum, "", 0}));
}

Reply assemble_bundle(Call& call) {
  return assemble(call, "artifact_bundle");
}

Reply assemble_release(Call& call) {
  return assemble(call, "release_files");
}

// One answer for each checksum asked about.
Reply assemble_debug_files(Call& call) {
  const auto body = JsonObject::parse(call.request.body);
  if (!body) return upload_error("Invalid json body");
  std::vector<Json::Member> members;
  const std::vector<std::string> checksums = body->keys();
  for (const std::string& checksum : checksums) {
    const auto wanted = body->object(checksum);
    if (!wanted) continue;
    Assembled file{"debug_file", wanted->text("name").value_or(""), checksum, "", 0};
    members.emplace_back(checksum, assembly(call.world, *wanted, std::move(file)));
  }
  return json_reply(200, Json::object(members));
}

Reply sink(Call& call) {
  const auto& headers = call.request.headers;
  return json_reply(
      200,
      Json::object({{"size", static_cast<std::uint64_t>(call.request.body.size())},
                    {"sha256", sha256_hex(call.request.body)},
                    {"content_type", Json::optional(headers.header("Content-Type"))},
                    {"content_encoding", Json::optional(headers.header("Content-Encoding"))}}));
}

Reply source(Call& call) {
  Reply reply = text_reply(200, "application/octet-stream", "");
  const std::int64_t bytes = call.request.query.number("bytes").value_or(0);
  const bool chunked = call.request.query.get_or("framing", "length") == "chunked";
  if (bytes < 0) return upload_error("bytes must not be negative");
  reply.download = Download{static_cast<std::uint64_t>(bytes), chunked};
  if (!chunked) reply.headers.add("Content-Length", std::to_string(bytes));
  return reply;
}

// Attachments are fetched from a store on the region's host, whose address carries a signature.
Reply show_attachment(Call& call) {
  const std::string id(call.match.parameter("attachment_id"));
  const std::string key = sha256_hex(call.request.path);
  if (!call.request.query.get("download")) {
    return json_reply(200, Json::object({{"id", id}, {"name", "log.txt"}, {"sha1", key}}));
  }
  return redirect_reply(call.world.hosts.region() + "/api/0/organizations/" +
                        call.organization->slug + "/objectstore/v1/objects/attachments/" + key +
                        "?X-Os-Signature=" + key.substr(0, 32));
}

Reply echo(Call& call) {
  std::vector<Json> headers;
  for (const auto& [name, value] : call.request.headers) {
    headers.push_back(Json(std::vector<std::string>{name, value}));
  }
  return json_reply(200,
                    Json::object({{"method", call.request.method},
                                  {"target", call.request.target},
                                  {"headers", Json::array(headers)},
                                  {"size", static_cast<std::uint64_t>(call.request.body.size())},
                                  {"sha256", sha256_hex(call.request.body)}}));
}

}  // namespace

const Assembled* Uploads::find(std::string_view kind, std::string_view checksum) const {
  for (const Assembled& file : files) {
    if (file.kind == kind && file.checksum == checksum) return &file;
  }
  return nullptr;
}

const std::vector<Endpoint>& upload_endpoints() {
  static const std::vector<Endpoint> endpoints = {
      {"ChunkUploadEndpoint", "GET", chunk_options},
      {"ChunkUploadEndpoint", "POST", store_chunks},
      {"OrganizationArtifactBundleAssembleEndpoint", "POST", assemble_bundle},
      {"OrganizationReleaseAssembleEndpoint", "POST", assemble_release},
      {"DifAssembleEndpoint", "POST", assemble_debug_files},
      {"EventAttachmentDetailsEndpoint", "GET", show_attachment},
      {"SandboxUploadEndpoint", "POST", sink},
      {"SandboxUploadEndpoint", "PUT", sink},
      {"SandboxUploadEndpoint", "PATCH", sink},
      {"SandboxDownloadEndpoint", "GET", source},
      {"SandboxDownloadEndpoint", "HEAD", source},
      {"SandboxEchoEndpoint", "GET", echo},
      {"SandboxEchoEndpoint", "HEAD", echo},
      {"SandboxEchoEndpoint", "POST", echo},
      {"SandboxEchoEndpoint", "PUT", echo},
      {"SandboxEchoEndpoint", "PATCH", echo},
      {"SandboxEchoEndpoint", "DELETE", echo},
  };
  return endpoints;
}

}  // namespace postern::sandbox
