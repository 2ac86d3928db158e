#include "learn/deploy/generations.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "learn/deploy/manifest.h"

namespace pawl::learn {

namespace {

constexpr const char* kTemporary = ".tmp-";
constexpr auto kLockPause = std::chrono::milliseconds(20);
constexpr int kLockTries = 1500;

void sync_tree(Env& env, const Path& folder) {
  std::set<Path> folders = {folder};
  for (const std::string& name : env.list_files(folder)) {
    env.sync_file(folder / name);
    for (Path up = (folder / name).parent_path(); up != folder; up = up.parent_path())
      folders.insert(up);
  }
  // The deepest first, so that a folder is complete before its entry is.
  for (auto at = folders.rbegin(); at != folders.rend(); ++at) env.sync_directory(*at);
}

void remove_quietly(Env& env, const Path& path) {
  try {
    env.remove_all(path);
  } catch (const Error&) {
    // Left for the next sweep; the error that led here is the one to tell.
  }
}

EventRecord event_of(Env& env, const std::string& tenant, const char* kind,
                     const std::string& subject, Json::Object details) {
  EventRecord event;
  event.tenant_id = tenant;
  event.at = env.now_micros();
  event.actor = "pawl";
  event.kind = kind;
  event.subject = subject;
  event.details = to_json(Json(std::move(details)));
  return event;
}

}  // namespace

Generations::Generations(Env& env, Store& store, Path workspace, std::string tenant)
    : env_(env),
      store_(store),
      workspace_(std::move(workspace)),
      tenant_(std::move(tenant)),
      backups_(env, workspace_) {}

// Ids come from the store, but they become paths: none may lead elsewhere.
Path Generations::folder_of(const std::string& generation_id) const {
  const bool plain = !generation_id.empty() && generation_id[0] != '.' &&
                     std::all_of(generation_id.begin(), generation_id.end(), [](char c) {
                       return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-';
                     });
  if (!plain)
    throw Error(ErrorKind::kInvalidInput,
                "\"" + generation_id + "\" is not the id of a generation");
  return root() / generation_id;
}

GenerationRecord Generations::record_of(const std::string& generation_id) {
  auto record =
      read_from(store_, [&](Transaction& tx) { return tx.generation(tenant_, generation_id); });
  if (record) return *record;
  throw Error(ErrorKind::kNotFound, "there is no generation \"" + generation_id +
                                        "\"; 'pawl generations' lists those there are");
}

std::unique_ptr<FileLock> Generations::lock() {
  env_.create_directories(root());
  for (int i = 0; i < kLockTries; ++i) {
    if (auto held = FileLock::try_acquire(root() / ".lock")) return held;
    std::this_thread::sleep_for(kLockPause);
  }
  throw Error(ErrorKind::kBusy,
              "another process is writing a generation in " + root().string() + "; try again");
}

std::optional<GenerationRecord> Generations::published_by(const std::string& cycle_id) {
  if (cycle_id.empty()) return std::nullopt;
  const auto all = read_from(store_, [&](Transaction& tx) { return tx.generations(tenant_); });
  for (const GenerationRecord& record : all) {
    if (record.cycle_id == cycle_id && problem_of(record).empty()) return record;
  }
  return std::nullopt;
}

GenerationRecord Generations::make_record(const NewGeneration& generation) {
  const auto all = read_from(store_, [&](Transaction& tx) { return tx.generations(tenant_); });
  std::array<unsigned char, 3> random;
  env_.random_bytes(random.data(), random.size());
  std::array<char, 32> id;
  std::snprintf(id.data(), id.size(), "g%04zu-%02x%02x%02x", all.size() + 1, random[0], random[1],
                random[2]);
  GenerationRecord record;
  record.tenant_id = tenant_;
  record.generation_id = id.data();
  record.parent_id = generation.parent_id;
  record.cycle_id = generation.cycle_id;
  record.state = "ready";
  record.created_at = env_.now_micros();
  record.reason = generation.reason;
  record.metrics = generation.metrics;
  record.details = generation.details;
  return record;
}

GenerationRecord Generations::publish(const NewGeneration& generation,
                                      const std::function<void(const Path& folder)>& write) {
  const auto held = lock();
  if (auto known = published_by(generation.cycle_id)) return *known;

  GenerationRecord record = make_record(generation);
  const Path temporary = root() / (kTemporary + new_uuid(env_));
  try {
    env_.create_directories(temporary);
    write(temporary / "pipeline");
    const std::string manifest = describe_folder(env_, temporary, record);
    record.manifest_hash = blake2b_hex(manifest);
    env_.write_file(temporary / kManifestName, manifest, true);
    sync_tree(env_, temporary);
    env_.rename(temporary, folder_of(record.generation_id));
  } catch (...) {
    remove_quietly(env_, temporary);
    throw;
  }
  env_.sync_directory(root());
  write_to(store_, [&](Transaction& tx) {
    tx.put_generation(record);
    tx.add_generation_examples(tenant_, record.generation_id, generation.example_ids);
    tx.add_event(event_of(env_, tenant_, "generation.published", record.generation_id,
                          {{"parent", record.parent_id},
                           {"cycle", record.cycle_id},
                           {"manifest", record.manifest_hash},
                           {"reason", record.reason}}));
  });
  return record;
}

std::string Generations::problem_of(const GenerationRecord& record) {
  return compare_with_manifest(env_, folder_of(record.generation_id), record.manifest_hash);
}

void Generations::set_state(GenerationRecord& record, const std::string& state) {
  if (record.state == state) return;
  write_to(store_, [&](Transaction& tx) {
    // Only the state changes: the row may have been written since it was read.
    if (const auto current = tx.generation(tenant_, record.generation_id)) record = *current;
    record.state = state;
    tx.put_generation(record);
    tx.add_event(
        event_of(env_, tenant_, "generation.state", record.generation_id, {{"state", state}}));
  });
}

std::string Generations::make_available(GenerationRecord& record, Warnings& warnings) {
  if (record.state == "unusable") {
    return "generation " + record.generation_id + " was made of data that were erased since";
  }
  std::string problem = problem_of(record);
  if (!problem.empty() && !record.backup_id.empty()) {
    const Path folder = folder_of(record.generation_id);
    try {
      const auto held = lock();
      backups_.verify(record.backup_id);
      if (env_.exists(folder)) env_.rename(folder, root() / (kTemporary + new_uuid(env_)));
      backups_.restore(record.backup_id, folder);
      if (record.state != "archived") {
        warnings.push_back("generation " + record.generation_id + " was damaged (" + problem +
                           ") and restored from backup " + record.backup_id);
      }
      problem = problem_of(record);
    } catch (const Error& e) {
      problem += "; its backup did not help: " + std::string(e.what());
    }
  }
  if (!problem.empty()) return problem;
  try {
    set_state(record, "ready");
  } catch (const Error& e) {
    // It is whole, but its new state could not be written.
    warnings.push_back(e.what());
  }
  return "";
}

Path Generations::open(const std::string& generation_id) {
  GenerationRecord record = record_of(generation_id);
  Warnings ignored;
  const std::string problem = make_available(record, ignored);
  if (!problem.empty()) {
    throw Error(ErrorKind::kFormat, "generation " + generation_id + " cannot be used: " + problem);
  }
  return folder_of(generation_id) / "pipeline";
}

// The live one first, then its ancestors, then whatever else there is, the newest first.
std::vector<GenerationRecord> Generations::fallbacks(const LiveRecord& live) {
  auto all = read_from(store_, [&](Transaction& tx) { return tx.generations(tenant_); });
  std::vector<GenerationRecord> order;
  std::string next = live.generation_id;
  while (!next.empty()) {
    const auto at = std::find_if(
        all.begin(), all.end(), [&](const GenerationRecord& r) { return r.generation_id == next; });
    if (at == all.end()) break;
    next = at->parent_id;
    order.push_back(std::move(*at));
    all.erase(at);
  }
  std::move(all.begin(), all.end(), std::back_inserter(order));
  return order;
}

void Generations::fall_back(const LiveRecord& live, const GenerationRecord& to,
                            Warnings& warnings) {
  warnings.push_back("generation " + live.generation_id + " is broken; generation " +
                     to.generation_id + " answers in its place");
  try {
    write_to(store_, [&](Transaction& tx) {
      const auto now = tx.live(tenant_);
      if (!now || now->sequence != live.sequence) return;
      LiveRecord next{tenant_,
                      to.generation_id,
                      live.generation_id,
                      "fallback",
                      "generation " + live.generation_id + " is broken",
                      "",
                      env_.now_micros(),
                      0};
      tx.set_live(next);
      tx.add_event(event_of(env_, tenant_, "generation.live", to.generation_id,
                            {{"kind", "fallback"}, {"previous", live.generation_id}}));
      if (auto broken = tx.generation(tenant_, live.generation_id);
          broken && broken->state == "ready") {
        broken->state = "broken";
        tx.put_generation(*broken);
      }
    });
  } catch (const Error& e) {
    warnings.push_back("this could not be recorded: " + std::string(e.what()));
  }
}

std::optional<LiveGeneration> Generations::open_live() {
  const auto live = read_from(store_, [&](Transaction& tx) { return tx.live(tenant_); });
  if (!live) return std::nullopt;
  LiveGeneration opened;
  for (GenerationRecord& record : fallbacks(*live)) {
    const std::string problem = make_available(record, opened.warnings);
    if (!problem.empty()) {
      if (record.state == "ready" || record.generation_id == live->generation_id) {
        opened.warnings.push_back(problem);
      }
      continue;
    }
    opened.pipeline = folder_of(record.generation_id) / "pipeline";
    opened.degraded = record.generation_id != live->generation_id;
    if (opened.degraded) fall_back(*live, record, opened.warnings);
    opened.record = std::move(record);
    return opened;
  }
  std::string message = "no generation in " + root().string() + " can be used";
  if (!opened.warnings.empty()) message += ": " + opened.warnings.front();
  throw Error(ErrorKind::kFormat, message);
}

void Generations::switch_to(const std::string& generation_id, const std::string& kind,
                            const std::string& reason, const std::string& cycle_id) {
  write_to(store_, [&](Transaction& tx) {
    const auto live = tx.live(tenant_);
    const std::string previous = live ? live->generation_id : "";
    if (previous == generation_id) return;
    tx.set_live({tenant_, generation_id, previous, kind, reason, cycle_id, env_.now_micros(), 0});
    tx.add_event(event_of(
        env_, tenant_, "generation.live", generation_id,
        {{"kind", kind}, {"previous", previous}, {"cycle", cycle_id}, {"reason", reason}}));
  });
}

void Generations::activate(const std::string& generation_id, const std::string& kind,
                           const std::string& reason, const std::string& cycle_id) {
  open(generation_id);
  switch_to(generation_id, kind, reason, cycle_id);
}

RollbackResult Generations::rollback(const std::string& reason, const std::string& to_id) {
  const auto live = read_from(store_, [&](Transaction& tx) { return tx.live(tenant_); });
  if (!live)
    throw Error(ErrorKind::kNotFound, "nothing is live yet; there is nothing to go back from");
  std::string target = to_id;
  if (target.empty()) target = record_of(live->generation_id).parent_id;
  if (target.empty() && live->kind == "deploy") target = live->previous_id;
  if (target.empty()) {
    throw Error(ErrorKind::kNotFound, "generation " + live->generation_id +
                                          " is the first one; there is nothing to go back to");
  }
  open(target);
  switch_to(target, "rollback", reason, "");
  return {live->generation_id, target};
}

bool Generations::is_orphan(const std::string& name) {
  const GenerationManifest manifest = read_manifest(env_, root() / name);
  if (manifest.tenant_id != tenant_ || manifest.cycle_id.empty()) return false;
  return read_from(store_, [&](Transaction& tx) {
    return !tx.generation(tenant_, name) && tx.cycle(tenant_, manifest.cycle_id);
  });
}

size_t Generations::sweep() {
  if (!env_.is_directory(root())) return 0;
  const auto held = FileLock::try_acquire(root() / ".lock");
  if (!held) return 0;  // somebody is writing just now; the next sweep will do
  size_t removed = 0;
  for (const std::string& name : env_.list_directory(root())) {
    const Path path = root() / name;
    if (!env_.is_directory(path)) continue;
    bool orphan = name.find(kTemporary) != std::string::npos;
    if (!orphan) {
      try {
        orphan = is_orphan(name);
      } catch (const Error&) {
        // Nobody's for sure: it may be another tenant's, damaged.
      }
    }
    if (!orphan) continue;
    env_.remove_all(path);
    ++removed;
  }
  return removed;
}

std::string Generations::back_up_locked(GenerationRecord& record) {
  if (!record.backup_id.empty()) {
    try {
      backups_.verify(record.backup_id);
      return record.backup_id;
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::kFormat && e.kind() != ErrorKind::kNotFound) throw;
    }
  }
  const std::string problem = problem_of(record);
  if (!problem.empty())
    throw Error(ErrorKind::kFormat, "a damaged generation is not backed up: " + problem);
  const std::string backup_id =
      backups_.create(folder_of(record.generation_id), record.generation_id);
  write_to(store_, [&](Transaction& tx) {
    if (const auto current = tx.generation(tenant_, record.generation_id)) record = *current;
    record.backup_id = backup_id;
    tx.put_generation(record);
    tx.add_event(event_of(env_, tenant_, "generation.backed_up", record.generation_id,
                          {{"backup", backup_id}}));
  });
  return backup_id;
}

std::string Generations::back_up(const std::string& generation_id) {
  const auto held = lock();
  GenerationRecord record = record_of(generation_id);
  return back_up_locked(record);
}

// Renamed first: a folder is there whole or not at all.
void Generations::remove_folder(const std::string& generation_id) {
  const Path temporary = root() / (kTemporary + new_uuid(env_));
  env_.rename(folder_of(generation_id), temporary);
  env_.sync_directory(root());
  env_.remove_all(temporary);
}

void Generations::prune(size_t keep, int retention_days) {
  const auto held = lock();
  auto [all, live] = read_from(store_, [&](Transaction& tx) {
    return std::pair(tx.generations(tenant_), tx.live(tenant_));
  });
  std::set<std::string> needed;
  if (live) {
    needed = {live->generation_id, record_of(live->generation_id).parent_id};
    needed.insert(live->previous_id);
  }
  std::set<std::string> kept = needed;
  for (size_t i = 0; i < std::min(keep, all.size()); ++i) kept.insert(all[i].generation_id);
  for (GenerationRecord& record : all) {
    if (kept.contains(record.generation_id) || record.state != "ready") continue;
    if (!problem_of(record).empty()) {
      set_state(record, "broken");
      continue;
    }
    back_up_locked(record);
    set_state(record, "archived");
    remove_folder(record.generation_id);
  }

  // Other tenants' backups lie in the same folder: theirs are not ours to drop.
  std::set<std::string> ours;
  for (const GenerationRecord& record : all) ours.insert(record.generation_id);
  for (const BackupInfo& backup : backups_.list()) {
    if (!ours.contains(backup.generation_id)) needed.insert(backup.generation_id);
  }
  if (backups_.expire(retention_days, needed) == 0) return;
  std::set<std::string> left;
  for (const BackupInfo& backup : backups_.list()) left.insert(backup.backup_id);
  for (GenerationRecord& record : all) {
    if (record.backup_id.empty() || left.contains(record.backup_id)) continue;
    const bool present = env_.exists(folder_of(record.generation_id));
    write_to(store_, [&](Transaction& tx) {
      if (const auto current = tx.generation(tenant_, record.generation_id)) record = *current;
      record.backup_id.clear();
      if (!present) record.state = "expired";
      tx.put_generation(record);
    });
  }
}

}  // namespace pawl::learn
