#include "learn/deploy/backups.h"

#include <zstd.h>

#include <algorithm>

#include "base/error.h"
#include "base/folder_writer.h"
#include "base/hash.h"
#include "base/json.h"

namespace pawl::learn {

namespace {

constexpr int kLevel = 3;
constexpr int kFormatVersion = 1;
constexpr uint64_t kMaxFileBytes = uint64_t{2} << 30;
constexpr int64_t kMicrosPerDay = int64_t{86400} * 1000000;

struct Entry {
  std::string path;
  std::string hash;
  uint64_t size = 0;
};

struct Manifest {
  BackupInfo info;
  std::vector<Entry> files;
};

std::string compress(const std::string& bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), kLevel);
  if (ZSTD_isError(size) != 0) {
    throw Error(ErrorKind::kInternal, std::string("zstd: ") + ZSTD_getErrorName(size));
  }
  out.resize(size);
  return out;
}

bool is_hash(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// A path that stays below its folder: no root, no "..", nothing empty.
bool is_plain_path(const std::string& text) {
  const Path path(text);
  return !text.empty() && text.find('\0') == std::string::npos && path.is_relative() &&
         path.lexically_normal() == path &&
         std::none_of(path.begin(), path.end(),
                      [](const Path& part) { return part == ".." || part == "."; });
}

Json to_json_value(const Manifest& manifest) {
  Json files = Json::array();
  for (const Entry& entry : manifest.files) {
    files.push_back(
        Json::Object{{"path", entry.path}, {"size", entry.size}, {"blake2b", entry.hash}});
  }
  return Json::Object{{"format", kFormatVersion},
                      {"backup_id", manifest.info.backup_id},
                      {"generation_id", manifest.info.generation_id},
                      {"created_at", format_time(manifest.info.created_at)},
                      {"files", std::move(files)}};
}

// The whole is protected by a hash over itself, kept in front of it.
std::string seal(const Manifest& manifest) {
  const std::string body = to_json(to_json_value(manifest), {.indent = 1});
  return "blake2b " + blake2b_hex(body) + "\n" + body + "\n";
}

Manifest unseal(const Path& path, const std::string& text) {
  const size_t line = text.find('\n');
  const auto damaged = [&](const std::string& what) {
    return Error(ErrorKind::kFormat,
                 path.string() + ": the backup's list is damaged (" + what + ")");
  };
  if (line == std::string::npos || text.back() != '\n') throw damaged("cut short");
  const std::string body = text.substr(line + 1, text.size() - line - 2);
  if (text.substr(0, line) != "blake2b " + blake2b_hex(body)) throw damaged("its hash differs");
  try {
    const Json json = parse_json(body);
    Manifest manifest;
    manifest.info.backup_id = json.at("backup_id").as_string();
    manifest.info.generation_id = json.at("generation_id").as_string();
    manifest.info.created_at = parse_time(json.at("created_at").as_string());
    for (const Json& file : json.at("files").as_array()) {
      Entry entry{file.at("path").as_string(), file.at("blake2b").as_string(),
                  file.at("size").as_uint()};
      if (!is_plain_path(entry.path) || !is_hash(entry.hash) || entry.size > kMaxFileBytes) {
        throw damaged("entry " + entry.path);
      }
      manifest.info.bytes += entry.size;
      manifest.files.push_back(std::move(entry));
    }
    manifest.info.files = manifest.files.size();
    return manifest;
  } catch (const Error& e) {
    throw e.kind() == ErrorKind::kFormat ? e : damaged(e.what());
  }
}

Manifest load_manifest(Env& env, const Path& path) {
  return unseal(path, env.read_file(path, {1 << 24}));
}

}  // namespace

Backups::Backups(Env& env, Path workspace) : env_(env), folder_(std::move(workspace) / "backups") {}

Path Backups::blob_path(const std::string& hash) const {
  return folder_ / "blobs" / (hash + ".zst");
}

Path Backups::manifest_path(const std::string& backup_id) const {
  if (!is_plain_path(backup_id) || backup_id.find('/') != std::string::npos) {
    throw Error(ErrorKind::kInvalidInput, "\"" + backup_id + "\" is not the id of a backup");
  }
  return folder_ / (backup_id + ".json");
}

void Backups::store_blob(const std::string& hash, const std::string& bytes) {
  if (env_.exists(blob_path(hash))) {
    try {
      load_blob(hash, bytes.size());
      return;
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::kFormat) throw;
      // A damaged blob is written anew.
    }
  }
  write_file_atomically(env_, blob_path(hash), compress(bytes));
}

std::string Backups::load_blob(const std::string& hash, uint64_t size) {
  const std::string packed = env_.read_file(blob_path(hash));
  const auto damaged = [&](const char* what) {
    return Error(ErrorKind::kFormat,
                 blob_path(hash).string() + ": the backup is damaged (" + what + ")");
  };
  std::string bytes(size, '\0');
  const size_t got = ZSTD_decompress(bytes.data(), bytes.size(), packed.data(), packed.size());
  if (ZSTD_isError(got) != 0) throw damaged(ZSTD_getErrorName(got));
  if (got != size) throw damaged("another size");
  if (blake2b_hex(bytes) != hash) throw damaged("another content");
  return bytes;
}

std::string Backups::create(const Path& folder, const std::string& generation_id) {
  env_.create_directories(folder_ / "blobs");
  Manifest manifest;
  manifest.info.backup_id = "b-" + new_uuid(env_);
  manifest.info.generation_id = generation_id;
  manifest.info.created_at = env_.now_micros();
  for (const std::string& name : env_.list_files(folder)) {
    const std::string bytes = env_.read_file(folder / name, {kMaxFileBytes});
    Entry entry{name, blake2b_hex(bytes), bytes.size()};
    store_blob(entry.hash, bytes);
    manifest.files.push_back(std::move(entry));
  }
  write_file_atomically(env_, manifest_path(manifest.info.backup_id), seal(manifest));
  return manifest.info.backup_id;
}

void Backups::restore(const std::string& backup_id, const Path& target, bool replace) {
  const Manifest manifest = load_manifest(env_, manifest_path(backup_id));
  if (!replace && env_.exists(target)) {
    throw Error(ErrorKind::kInvalidInput,
                target.string() + " exists already; nothing was restored");
  }
  write_folder_atomically(env_, target,
                          [&](const Path& folder) {
                            for (const Entry& entry : manifest.files) {
                              env_.create_directories((folder / entry.path).parent_path());
                              env_.write_file(folder / entry.path,
                                              load_blob(entry.hash, entry.size), false);
                            }
                          },
                          {.replace = replace});
}

void Backups::sweep() {
  for (const Path& folder : {folder_, folder_ / "blobs"}) {
    if (!env_.is_directory(folder)) continue;
    for (const std::string& name : env_.list_directory(folder)) {
      if (name.find(".tmp-") != std::string::npos) env_.remove_all(folder / name);
    }
  }
}

void Backups::verify(const std::string& backup_id) {
  for (const Entry& entry : load_manifest(env_, manifest_path(backup_id)).files) {
    load_blob(entry.hash, entry.size);
  }
}

std::vector<BackupInfo> Backups::list() {
  std::vector<BackupInfo> found;
  if (!env_.is_directory(folder_)) return found;
  for (const std::string& name : env_.list_directory(folder_)) {
    if (!name.ends_with(".json")) continue;
    try {
      found.push_back(load_manifest(env_, folder_ / name).info);
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::kFormat) throw;
    }
  }
  std::sort(found.begin(), found.end(), [](const BackupInfo& a, const BackupInfo& b) {
    return std::tie(a.created_at, a.backup_id) < std::tie(b.created_at, b.backup_id);
  });
  return found;
}

size_t Backups::expire(int retention_days, const std::set<std::string>& keep_generations) {
  const int64_t oldest = env_.now_micros() - retention_days * kMicrosPerDay;
  size_t removed = 0;
  for (const BackupInfo& backup : list()) {
    if (backup.created_at >= oldest || keep_generations.contains(backup.generation_id)) continue;
    env_.remove_all(manifest_path(backup.backup_id));
    ++removed;
  }
  if (removed > 0) {
    env_.sync_directory(folder_);
    remove_unused_blobs();
  }
  return removed;
}

void Backups::remove_of(const std::set<std::string>& generation_ids) {
  if (!env_.is_directory(folder_)) return;
  for (const std::string& name : env_.list_directory(folder_)) {
    if (!name.ends_with(".json")) continue;
    bool going = false;
    try {
      going = generation_ids.contains(load_manifest(env_, folder_ / name).info.generation_id);
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::kFormat) throw;
      going = true;
    }
    if (going) env_.remove_all(folder_ / name);
  }
  env_.sync_directory(folder_);
  remove_unused_blobs();
}

// A manifest that cannot be read may need any blob: then all of them stay.
void Backups::remove_unused_blobs() {
  std::set<std::string> needed;
  for (const std::string& name : env_.list_directory(folder_)) {
    if (!name.ends_with(".json")) continue;
    try {
      for (const Entry& entry : load_manifest(env_, folder_ / name).files)
        needed.insert(entry.hash + ".zst");
    } catch (const Error&) {
      return;
    }
  }
  if (!env_.is_directory(folder_ / "blobs")) return;
  for (const std::string& name : env_.list_directory(folder_ / "blobs")) {
    if (!needed.contains(name)) env_.remove_all(folder_ / "blobs" / name);
  }
}

}  // namespace pawl::learn
