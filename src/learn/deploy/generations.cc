#include "learn/deploy/generations.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <thread>

#include "base/error.h"
#include "base/folder_writer.h"
#include "base/json.h"
#include "learn/deploy/generation_folder.h"
#include "learn/deploy/manifest.h"

namespace pawl::learn {

namespace {

constexpr auto kPause = std::chrono::milliseconds(20);
constexpr int kLockTries = 1500;
constexpr int kLooks = 100;

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

Generations Generations::fenced(int64_t token) const {
  Generations copy = *this;
  copy.fence_ = token;
  return copy;
}

template <typename Work>
auto Generations::write(Work&& work) {
  return write_to(store_, [&](Transaction& tx) {
    if (fence_ != 0) tx.require_lease(tenant_, fence_);
    return work(tx);
  });
}

Path Generations::folder_of(const std::string& generation_id) const {
  return generation_folder(root(), generation_id);
}

GenerationRecord Generations::record_of(const std::string& generation_id) {
  folder_of(generation_id);
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
    std::this_thread::sleep_for(kPause);
  }
  throw Error(ErrorKind::kBusy,
              "another process is writing a generation in " + root().string() + "; try again");
}

std::optional<GenerationRecord> Generations::published_by(const std::string& cycle_id) {
  if (cycle_id.empty()) return std::nullopt;
  const auto all = read_from(store_, [&](Transaction& tx) { return tx.generations(tenant_); });
  for (const GenerationRecord& record : all) {
    if (record.cycle_id == cycle_id && record.state != "unusable" && find(record).damage.empty())
      return record;
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

GenerationRecord Generations::publish(
    const NewGeneration& generation,
    const std::function<void(const Path& folder)>& write_pipeline) {
  const auto held = lock();
  if (auto known = published_by(generation.cycle_id)) return *known;
  GenerationRecord record = make_record(generation);
  write_generation(env_, folder_of(record.generation_id), record, write_pipeline);
  write([&](Transaction& tx) {
    tx.put_generation(record);
    tx.add_generation_examples(tenant_, record.generation_id, generation.example_ids);
    tx.add_event(event_of(env_, tenant_, "generation.published", record.generation_id,
                          {{"parent", record.parent_id},
                           {"cycle", record.cycle_id},
                           {"manifest", record.manifest_hash}}));
  });
  return record;
}

Generations::Found Generations::find(const GenerationRecord& record) {
  const Path folder = folder_of(record.generation_id);
  Found found;
  for (int i = 0; i < kLooks && found.hold == nullptr; ++i) {
    try {
      found.hold = hold_folder(folder);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kNotFound) throw;
      found.damage = folder.string() + ": " + kManifestName + " is missing";
      return found;
    }
    if (found.hold == nullptr) std::this_thread::sleep_for(kPause);
  }
  if (found.hold == nullptr) {
    throw Error(ErrorKind::kBusy, folder.string() + ": is being taken away; try again");
  }
  found.damage = damage_of(env_, folder, record);
  if (!found.damage.empty()) found.hold.reset();
  return found;
}

// Another process may have been quicker, or may be restoring it just now.
std::string Generations::restore(const GenerationRecord& known, const std::string& damage,
                                 Warnings& warnings) {
  try {
    const auto held = lock();
    const GenerationRecord record = record_of(known.generation_id);
    if (find(record).damage.empty()) return "";
    backups_.restore(record.backup_id, folder_of(record.generation_id), true);
    if (record.state != "archived") {
      warnings.push_back("generation " + record.generation_id + " was damaged (" + damage +
                         ") and restored from backup " + record.backup_id);
    }
    return "";
  } catch (const Error& e) {
    return damage + "; its backup did not help: " + e.what();
  }
}

Generations::Found Generations::find_or_restore(const GenerationRecord& record,
                                                Warnings& warnings) {
  if (record.state == "unusable") {
    return {nullptr,
            "generation " + record.generation_id + " was made of data that were erased since"};
  }
  Found found = find(record);
  if (found.damage.empty() || record.backup_id.empty()) return found;
  found.damage = restore(record, found.damage, warnings);
  return found.damage.empty() ? find(record) : std::move(found);
}

Generations::Found Generations::make_ready(const std::string& generation_id) {
  Warnings ignored;
  Found found = find_or_restore(record_of(generation_id), ignored);
  if (!found.damage.empty()) {
    throw Error(ErrorKind::kFormat,
                "generation " + generation_id + " cannot be used: " + found.damage);
  }
  return found;
}

void Generations::set_state(Transaction& tx, const std::string& generation_id,
                            const std::string& state) {
  auto record = tx.generation(tenant_, generation_id);
  if (!record || record->state == state) return;
  record->state = state;
  tx.put_generation(*record);
  tx.add_event(event_of(env_, tenant_, "generation.state", generation_id, {{"state", state}}));
}

bool Generations::changed_since(const LiveRecord& live, const GenerationRecord& record) {
  return read_from(store_, [&](Transaction& tx) {
    const auto now_live = tx.live(tenant_);
    const auto now = tx.generation(tenant_, record.generation_id);
    return !now_live || now_live->sequence != live.sequence || !now || now->state != record.state ||
           now->backup_id != record.backup_id;
  });
}

// Empty when the pointer moved, or the live generation was archived, while we looked.
std::optional<LiveGeneration> Generations::look_for_live(const LiveRecord& live) {
  LiveGeneration opened;
  const GenerationRecord expected = record_of(live.generation_id);
  const auto take = [&](const GenerationRecord& record, Found& found) {
    if (!found.damage.empty()) return false;
    opened.record = record;
    opened.pipeline = folder_of(record.generation_id) / "pipeline";
    opened.hold = std::move(found.hold);
    const bool other = record.generation_id != live.generation_id;
    opened.degraded = other || live.kind == "fallback";
    if (opened.degraded) {
      opened.warnings.push_back("generation " + (other ? live.generation_id : live.previous_id) +
                                " is broken; generation " + record.generation_id +
                                " answers in its place");
    }
    return true;
  };
  Found found = find(expected);
  if (take(expected, found)) return opened;
  if (changed_since(live, expected)) return std::nullopt;
  std::vector<std::string> problems;
  const auto order =
      read_from(store_, [&](Transaction& tx) { return answering_order(tx, tenant_, live); });
  for (const GenerationRecord& record : order) {
    found = find_or_restore(record, opened.warnings);
    if (take(record, found)) break;
    if (record.state == "ready" || record.generation_id == live.generation_id)
      problems.push_back(found.damage);
  }
  opened.warnings.insert(opened.warnings.begin(), problems.begin(), problems.end());
  if (opened.hold == nullptr) {
    std::string message = "no generation in " + root().string() + " can be used";
    if (!opened.warnings.empty()) message += ": " + opened.warnings.front();
    throw Error(ErrorKind::kFormat, message);
  }
  return opened;
}

std::optional<LiveGeneration> Generations::open_live() {
  for (int i = 0; i < kLooks; ++i) {
    const auto live = read_from(store_, [&](Transaction& tx) { return tx.live(tenant_); });
    if (!live) return std::nullopt;
    if (auto opened = look_for_live(*live)) return opened;
    std::this_thread::sleep_for(kPause);
  }
  throw Error(ErrorKind::kBusy,
              "the live generation in " + root().string() + " keeps changing; try again");
}

std::optional<LiveGeneration> Generations::open_or_replace_live() {
  auto opened = open_live();
  if (!opened) return opened;
  write([&](Transaction& tx) {
    const auto live = tx.live(tenant_);
    if (!live || live->generation_id == opened->record.generation_id) return;
    const auto broken = tx.generation(tenant_, live->generation_id);
    if (!broken || !opened->degraded) return;
    set_live(tx, tenant_,
             {opened->record.generation_id, "fallback",
              "generation " + live->generation_id + " is broken"},
             env_.now_micros());
    if (broken->state == "ready") set_state(tx, broken->generation_id, "broken");
    set_state(tx, opened->record.generation_id, "ready");
  });
  return opened;
}

Activation Generations::activate(const LiveChange& change, const std::string& expected) {
  const Found ready = make_ready(change.generation_id);
  return write([&](Transaction& tx) {
    const std::string now = live_id(tx, tenant_);
    if (now == change.generation_id) return Activation::kLive;
    if (now != expected) return Activation::kMoved;
    if (is_rejected(tx, tenant_, change.generation_id)) return Activation::kRejected;
    set_state(tx, change.generation_id, "ready");
    set_live(tx, tenant_, change, env_.now_micros());
    return Activation::kLive;
  });
}

RollbackResult Generations::rollback(const std::string& reason, const std::string& to_id) {
  for (int i = 0; i < kLooks; ++i) {
    const auto live = read_from(store_, [&](Transaction& tx) { return tx.live(tenant_); });
    if (!live)
      throw Error(ErrorKind::kNotFound, "nothing is live yet; there is nothing to go back from");
    const std::string target = to_id.empty() ? step_back_from(*live) : to_id;
    const Found ready = make_ready(target);
    const bool done = write([&](Transaction& tx) {
      const auto now = tx.live(tenant_);
      if (!now || now->sequence != live->sequence) return false;
      if (now->generation_id == target && now->kind != "fallback") return true;
      reject_line(tx, tenant_, now->generation_id, target, "rolled back: " + reason);
      set_state(tx, target, "ready");
      set_live(tx, tenant_, {target, "rollback", reason}, env_.now_micros());
      return true;
    });
    if (done) return {live->generation_id, target};
  }
  throw Error(ErrorKind::kBusy, "the live generation keeps changing; try again");
}

bool Generations::take_back(const std::string& from, const std::string& to,
                            const std::string& reason,
                            const std::function<void(Transaction&)>& also) {
  const Found ready = make_ready(to);
  return write([&](Transaction& tx) {
    if (live_id(tx, tenant_) != from) return false;
    reject_line(tx, tenant_, from, to, "taken back: " + reason);
    set_state(tx, to, "ready");
    set_live(tx, tenant_, {to, "rollback", reason}, env_.now_micros());
    also(tx);
    return true;
  });
}

LiveGeneration Generations::open(const std::string& generation_id) {
  LiveGeneration opened;
  opened.record = record_of(generation_id);
  opened.hold = make_ready(generation_id).hold;
  opened.pipeline = folder_of(generation_id) / "pipeline";
  return opened;
}

std::string Generations::step_back_from(const LiveRecord& live) {
  std::string target = record_of(live.generation_id).parent_id;
  if (target.empty() && live.kind == "deploy") target = live.previous_id;
  if (!target.empty()) return target;
  throw Error(ErrorKind::kNotFound, "generation " + live.generation_id +
                                        " is the first one; there is nothing to go back to");
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
  backups_.sweep();
  size_t removed = sweep_folder_leftovers(env_, root());
  for (const std::string& name : env_.list_directory(root())) {
    const Path path = root() / name;
    if (!env_.is_directory(path)) continue;
    bool orphan = name.starts_with(".tmp-");
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
  const Found found = find(record);
  if (!found.damage.empty())
    throw Error(ErrorKind::kFormat, "a damaged generation is not backed up: " + found.damage);
  const std::string backup_id =
      backups_.create(folder_of(record.generation_id), record.generation_id);
  write([&](Transaction& tx) {
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

std::set<std::string> Generations::needed(Transaction& tx) {
  const auto live = tx.live(tenant_);
  if (!live) return {};
  std::set<std::string> ids = {live->generation_id, live->previous_id};
  if (const auto record = tx.generation(tenant_, live->generation_id))
    ids.insert(record->parent_id);
  return ids;
}

// Whoever reads it just now goes on; the next time will do.
void Generations::archive(GenerationRecord& record) {
  if (!find(record).damage.empty()) {
    write([&](Transaction& tx) { set_state(tx, record.generation_id, "broken"); });
    return;
  }
  back_up_locked(record);
  const auto claim = claim_folder(folder_of(record.generation_id));
  if (claim == nullptr) return;
  const bool archived = write([&](Transaction& tx) {
    if (needed(tx).contains(record.generation_id)) return false;
    set_state(tx, record.generation_id, "archived");
    return true;
  });
  if (archived) remove_folder_atomically(env_, folder_of(record.generation_id));
}

// A reader has restored it from its backup, or the process died before it was removed.
void Generations::remove_leftover(const GenerationRecord& record) {
  const Path folder = folder_of(record.generation_id);
  if (!env_.exists(folder / kManifestName)) return;
  if (const auto claim = claim_folder(folder)) remove_folder_atomically(env_, folder);
}

std::unique_ptr<FileLock> Generations::hold(const std::string& generation_id) {
  Warnings ignored;
  return find_or_restore(record_of(generation_id), ignored).hold;
}

void Generations::purge(const std::set<std::string>& generation_ids,
                        const std::set<std::string>& cycle_ids) {
  const auto held = lock();
  std::set<std::string> going = generation_ids;
  sweep_folder_leftovers(env_, root());
  for (const std::string& name : env_.list_directory(root())) {
    if (!env_.exists(root() / name / kManifestName)) continue;
    try {
      const GenerationManifest manifest = read_manifest(env_, root() / name);
      if (manifest.tenant_id == tenant_ && cycle_ids.contains(manifest.cycle_id))
        going.insert(name);
    } catch (const Error&) {
      // Damaged, and not by its row ours to take away.
    }
  }
  for (const std::string& id : going) {
    const Path folder = folder_of(id);
    std::unique_ptr<FileLock> claim;
    for (int i = 0; i < kLooks && env_.exists(folder / kManifestName); ++i) {
      if ((claim = claim_folder(folder)) != nullptr) break;
      std::this_thread::sleep_for(kPause);
    }
    if (claim == nullptr && env_.exists(folder / kManifestName))
      throw Error(ErrorKind::kBusy, folder.string() + " is being read; try again");
    if (env_.exists(folder)) remove_folder_atomically(env_, folder);
  }
  backups_.remove_of(going);
  backups_.sweep();
  sweep_folder_leftovers(env_, root());
}

void Generations::prune(size_t keep, int retention_days) {
  const auto held = lock();
  auto [all, wanted] = read_from(
      store_, [&](Transaction& tx) { return std::pair(tx.generations(tenant_), needed(tx)); });
  std::set<std::string> kept = wanted;
  for (size_t i = 0; i < std::min(keep, all.size()); ++i) kept.insert(all[i].generation_id);
  for (GenerationRecord& record : all) {
    if (kept.contains(record.generation_id)) continue;
    if (record.state == "ready") archive(record);
    if (record.state == "archived") remove_leftover(record);
  }
  // Whatever is erased later, the first one never saw it.
  for (const GenerationRecord& record : all) {
    if (record.parent_id.empty()) wanted.insert(record.generation_id);
  }
  drop_old_backups(all, wanted, retention_days);
}

// Other tenants' backups lie in the same folder: theirs are not ours to drop.
void Generations::drop_old_backups(const std::vector<GenerationRecord>& all,
                                   std::set<std::string> wanted, int retention_days) {
  std::set<std::string> ours;
  for (const GenerationRecord& record : all) ours.insert(record.generation_id);
  for (const BackupInfo& backup : backups_.list()) {
    if (!ours.contains(backup.generation_id)) wanted.insert(backup.generation_id);
  }
  if (backups_.expire(retention_days, wanted) == 0) return;
  std::set<std::string> left;
  for (const BackupInfo& backup : backups_.list()) left.insert(backup.backup_id);
  for (const GenerationRecord& record : all) {
    if (record.backup_id.empty() || left.contains(record.backup_id)) continue;
    const bool present = env_.exists(folder_of(record.generation_id));
    write([&](Transaction& tx) {
      auto current = tx.generation(tenant_, record.generation_id);
      if (!current) return;
      current->backup_id.clear();
      if (!present) current->state = "expired";
      tx.put_generation(*current);
    });
  }
}

}  // namespace pawl::learn
