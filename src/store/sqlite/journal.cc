// The audit trail, counters, quarantine and named values.
#include "base/hash.h"
#include "store/sqlite/transaction.h"

namespace pawl::sqlite {

namespace {

#define PAWL_EVENTS \
  "SELECT tenant_id, at, actor, kind, subject, details, hash, sequence FROM events "
#define PAWL_EVENT_QUERY \
  PAWL_EVENTS "WHERE tenant_id = ? AND sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?"

// Names of values: the hash before the first event that is still there, and that of the last one.
constexpr std::string_view kTrailBegins = "audit.begins";
constexpr std::string_view kTrailEnds = "audit.ends";
constexpr std::string_view kMarkIsGone = "nobody knows where the trail ended";

EventRecord read_event(Query& row) {
  EventRecord event;
  event.tenant_id = row.text();
  event.at = row.integer();
  event.actor = row.text();
  event.kind = row.text();
  event.subject = row.text();
  event.details = row.text();
  event.hash = row.text();
  event.sequence = row.integer();
  return event;
}

// Each field with its length before it, so that no two events read the same.
std::string chain_hash(const std::string& previous, const EventRecord& event) {
  Blake2b hash;
  for (const std::string& field :
       {previous, event.tenant_id, std::to_string(event.sequence), std::to_string(event.at),
        event.actor, event.kind, event.subject, event.details}) {
    hash.update(std::to_string(field.size()) + ":");
    hash.update(field);
  }
  return hash.hex();
}

}  // namespace

// What the next event follows. Not what the last row says: where rows were removed at the end the
// next one does not fit, and the break stays.
std::string SqliteTransaction::end_of_trail(std::string_view tenant) {
  if (auto mark = value(tenant, kTrailEnds); mark && !mark->empty()) return *std::move(mark);
  Query any(*connection_, "SELECT 1 FROM events WHERE tenant_id = ? LIMIT 1");
  const bool begun = any.bind(tenant).step() || !recent_cycles(tenant, 1).empty();
  return begun ? std::string(kMarkIsGone) : value(tenant, kTrailBegins).value_or("");
}

void SqliteTransaction::add_event(const EventRecord& event) {
  EventRecord chained = event;
  chained.sequence = next_sequence();
  chained.hash = chain_hash(end_of_trail(event.tenant_id), chained);
  Query(writing(), "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(chained.sequence, event.tenant_id, event.at, event.actor, event.kind, event.subject,
            event.details, chained.hash)
      .run();
  set_value(event.tenant_id, kTrailEnds, chained.hash);
}

std::vector<EventRecord> SqliteTransaction::events(std::string_view tenant,
                                                   const SequenceRange& range) {
  Query rows(*connection_, PAWL_EVENT_QUERY);
  rows.bind(tenant, range.after, range.up_to, range.limit);
  std::vector<EventRecord> events;
  while (rows.step()) events.push_back(read_event(rows));
  return events;
}

std::vector<EventRecord> SqliteTransaction::recent_events(std::string_view tenant, int64_t before,
                                                          size_t limit) {
  Query rows(*connection_,
             PAWL_EVENTS "WHERE tenant_id = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?");
  std::vector<EventRecord> events;
  for (rows.bind(tenant, before, limit); rows.step();) events.push_back(read_event(rows));
  return events;
}

std::optional<BrokenTrail> SqliteTransaction::verify_events(std::string_view tenant) {
  Query rows(*connection_, PAWL_EVENT_QUERY);
  const SequenceRange all;
  rows.bind(tenant, all.after, all.up_to, all.limit);
  std::string previous = value(tenant, kTrailBegins).value_or("");
  int64_t last = 0;
  while (rows.step()) {
    const EventRecord event = read_event(rows);
    if (chain_hash(previous, event) != event.hash) {
      return BrokenTrail{event.sequence, "event " + std::to_string(event.sequence) +
                                             " was changed, or one before it was changed, removed "
                                             "or moved: its hash does not follow from " +
                                             (last == 0 ? std::string("the beginning")
                                                        : "event " + std::to_string(last))};
    }
    previous = event.hash;
    last = event.sequence;
  }
  const std::string end = value(tenant, kTrailEnds).value_or("");
  if (!end.empty() && end == previous) return std::nullopt;
  if (!end.empty())
    return BrokenTrail{last, last == 0
                                 ? "all events were removed"
                                 : "the newest events were removed: the trail did not end with "
                                   "event " +
                                       std::to_string(last)};
  if (last == 0 && generations(tenant).empty()) return std::nullopt;
  return BrokenTrail{last, last == 0 ? "all events were removed, and what told where the trail ends"
                                     : "what told where the trail ends was removed: nobody knows "
                                       "whether events after event " +
                                           std::to_string(last) + " are missing"};
}

// Those before the first that stays; the trail begins with the hash of the last one that went.
int64_t SqliteTransaction::prune_events(std::string_view tenant, int64_t before) {
  int64_t up_to = 0;
  std::string hash;
  for (const EventRecord& event : events(tenant, {})) {
    if (event.at >= before) break;
    up_to = event.sequence;
    hash = event.hash;
  }
  if (up_to == 0) return 0;
  Query(writing(), "DELETE FROM events WHERE tenant_id = ? AND sequence <= ?")
      .bind(tenant, up_to)
      .run();
  const int64_t pruned = changes();
  set_value(tenant, kTrailBegins, hash);
  return pruned;
}

void SqliteTransaction::add_counter(std::string_view tenant, std::string_view name, int64_t delta) {
  Query(writing(),
        "INSERT INTO counters VALUES (?1, ?2, ?3) "
        "ON CONFLICT (tenant_id, name) DO UPDATE SET value = value + ?3")
      .bind(tenant, name, delta)
      .run();
}

std::map<std::string, int64_t> SqliteTransaction::counters(std::string_view tenant) {
  Query rows(*connection_, "SELECT name, value FROM counters WHERE tenant_id = ?");
  rows.bind(tenant);
  std::map<std::string, int64_t> counters;
  while (rows.step()) {
    const std::string name = rows.text();
    counters[name] = rows.integer();
  }
  return counters;
}

void SqliteTransaction::add_quarantine(const QuarantineRecord& item) {
  Query(writing(), "INSERT INTO quarantine VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(next_sequence(), item.tenant_id, item.kind, item.subject, item.reason, item.cycle_id,
            item.at, item.released)
      .run();
}

std::vector<QuarantineRecord> SqliteTransaction::quarantine(std::string_view tenant,
                                                            bool with_released) {
  Query rows(
      *connection_,
      "SELECT tenant_id, kind, subject, reason, cycle_id, at, released, sequence FROM quarantine "
      "WHERE tenant_id = ? AND (released = 0 OR ?) ORDER BY sequence");
  rows.bind(tenant, with_released);
  std::vector<QuarantineRecord> items;
  while (rows.step()) {
    QuarantineRecord item;
    item.tenant_id = rows.text();
    item.kind = rows.text();
    item.subject = rows.text();
    item.reason = rows.text();
    item.cycle_id = rows.text();
    item.at = rows.integer();
    item.released = rows.integer() != 0;
    item.sequence = rows.integer();
    items.push_back(std::move(item));
  }
  return items;
}

void SqliteTransaction::release_quarantine(std::string_view tenant, int64_t sequence) {
  Query(writing(), "UPDATE quarantine SET released = 1 WHERE tenant_id = ? AND sequence = ?")
      .bind(tenant, sequence)
      .run();
}

void SqliteTransaction::set_value(std::string_view tenant, std::string_view name,
                                  std::string_view value) {
  Query(writing(),
        "INSERT INTO stored_values VALUES (?1, ?2, ?3) "
        "ON CONFLICT (tenant_id, name) DO UPDATE SET value = ?3")
      .bind(tenant, name, value)
      .run();
}

std::optional<std::string> SqliteTransaction::value(std::string_view tenant,
                                                    std::string_view name) {
  Query query(*connection_, "SELECT value FROM stored_values WHERE tenant_id = ? AND name = ?");
  if (!query.bind(tenant, name).step()) return std::nullopt;
  return query.text();
}

}  // namespace pawl::sqlite
