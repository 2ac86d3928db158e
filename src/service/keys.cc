#include "service/keys.h"

#include <algorithm>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/utf8.h"

namespace pawl::service {
namespace {

constexpr const char* kKind = "key";
constexpr size_t kIdBytes = 6;
constexpr size_t kSecretBytes = 32;
constexpr size_t kMaxName = 200;

std::string random_hex(Env& env, size_t bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string raw(bytes, '\0'), out;
  env.random_bytes(raw.data(), raw.size());
  for (const char c : raw) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string to_body(const Key& key) {
  Json body = Json::object();
  body["digest"] = key.digest;
  body["name"] = key.name;
  body["role"] = role_name(key.role);
  body["tenant"] = key.tenant;
  body["created_at"] = key.created_at;
  body["expires_at"] = key.expires_at ? Json(*key.expires_at) : Json();
  body["requests_per_minute"] = key.requests_per_minute;
  body["revoked"] = key.revoked;
  return to_json(body);
}

Key from_record(const DocumentRecord& record) {
  const Json body = parse_json(record.body);
  Key key;
  key.id = record.document_id;
  key.digest = body.at("digest").as_string();
  key.name = body.at("name").as_string();
  const auto role = find_role(body.at("role").as_string());
  if (!role) throw Error(ErrorKind::kFormat, "key " + key.id + " has a role that is none");
  key.role = *role;
  key.tenant = body.at("tenant").as_string();
  key.created_at = body.at("created_at").as_int();
  if (const Json& at = body.at("expires_at"); !at.is_null()) key.expires_at = at.as_int();
  key.requests_per_minute = body.at("requests_per_minute").as_int();
  key.revoked = body.at("revoked").as_bool();
  return key;
}

void put(Transaction& transaction, const Key& key, int64_t now) {
  transaction.put_document(
      {.tenant_id = "", .kind = kKind, .document_id = key.id, .body = to_body(key), .at = now});
}

void record(Transaction& transaction, const Key& key, const std::string& actor, const char* kind,
            int64_t now) {
  Json details = Json::object();
  details["role"] = role_name(key.role);
  details["tenant"] = key.tenant;
  EventRecord event;
  event.tenant_id = key.tenant == kEveryTenant ? "" : key.tenant;
  event.at = now;
  event.actor = actor;
  event.kind = kind;
  event.subject = key.id;
  event.details = to_json(details);
  transaction.add_event(event);
}

void check_wanted(const NewKey& wanted, int64_t now) {
  const auto fail = [](const char* what) { throw Error(ErrorKind::kInvalidInput, what); };
  const auto has_control = [](const std::string& text) {
    return std::any_of(text.begin(), text.end(),
                       [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  };
  if (wanted.name.size() > kMaxName || has_control(wanted.name))
    fail("\"name\" must be one line of at most 200 bytes");
  if (wanted.tenant.empty() || wanted.tenant.size() > 128 || has_control(wanted.tenant))
    fail("\"tenant\" must have 1 to 128 characters");
  if (wanted.expires_at && *wanted.expires_at <= now) fail("\"expires_at\" lies in the past");
  if (wanted.requests_per_minute < 0 || wanted.requests_per_minute > 1'000'000)
    fail("\"requests_per_minute\" must be 0 (no limit) to 1000000");
}

}  // namespace

Keys::Keys(Env& env, Store& store) : env_(env), store_(store) {
  refresh();
}

void Keys::refresh() {
  auto fresh = std::make_shared<Snapshot>();
  const auto records = read_from(store_, [](Transaction& t) { return t.documents("", kKind); });
  for (const DocumentRecord& record : records)
    fresh->emplace(record.document_id, from_record(record));
  const std::scoped_lock lock(mutex_);
  snapshot_ = std::move(fresh);
}

std::shared_ptr<const Keys::Snapshot> Keys::snapshot() const {
  const std::scoped_lock lock(mutex_);
  return snapshot_;
}

CreatedKey Keys::create(const NewKey& wanted, const std::string& actor) {
  const int64_t now = env_.now_micros();
  check_wanted(wanted, now);
  const std::string secret = random_hex(env_, kSecretBytes);
  Key key;
  key.id = random_hex(env_, kIdBytes);
  key.digest = blake2b_hex(secret);
  key.name = wanted.name;
  key.role = wanted.role;
  key.tenant = wanted.tenant;
  key.created_at = now;
  key.expires_at = wanted.expires_at;
  key.requests_per_minute = wanted.requests_per_minute;
  write_to(store_, [&](Transaction& t) {
    put(t, key, now);
    record(t, key, actor, "key_created", now);
  });
  refresh();
  return {key, "pawl_" + key.id + "_" + secret};
}

Key Keys::revoke(const std::string& id, const std::string& actor) {
  const int64_t now = env_.now_micros();
  Key key = write_to(store_, [&](Transaction& t) {
    const auto found = t.document("", kKind, id);
    if (!found) throw Error(ErrorKind::kNotFound, "there is no key " + id);
    Key known = from_record(*found);
    if (!known.revoked) {
      known.revoked = true;
      put(t, known, now);
      record(t, known, actor, "key_revoked", now);
    }
    return known;
  });
  refresh();
  return key;
}

std::vector<Key> Keys::list() const {
  std::vector<Key> keys;
  for (const auto& [id, key] : *snapshot()) keys.push_back(key);
  std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) {
    return std::tie(a.created_at, a.id) < std::tie(b.created_at, b.id);
  });
  return keys;
}

bool Keys::empty() const {
  return snapshot()->empty();
}

std::optional<Key> Keys::check(std::string_view token) const {
  constexpr std::string_view kPrefix = "pawl_";
  constexpr size_t kLength = 5 + 2 * kIdBytes + 1 + 2 * kSecretBytes;
  if (token.size() != kLength || !token.starts_with(kPrefix)) return std::nullopt;
  const std::string_view id = token.substr(5, 2 * kIdBytes);
  if (token[5 + 2 * kIdBytes] != '_') return std::nullopt;
  const auto keys = snapshot();
  const auto found = keys->find(id);
  const std::string digest = blake2b_hex(token.substr(kLength - 2 * kSecretBytes));
  static const std::string nobody(64, '0');
  const bool right =
      equal_in_constant_time(digest, found != keys->end() ? found->second.digest : nobody);
  if (!right || found == keys->end()) return std::nullopt;
  return find(id);
}

std::optional<Key> Keys::find(std::string_view id) const {
  const auto keys = snapshot();
  const auto found = keys->find(id);
  if (found == keys->end()) return std::nullopt;
  const Key& key = found->second;
  if (key.revoked || (key.expires_at && *key.expires_at <= env_.now_micros())) return std::nullopt;
  return key;
}

}  // namespace pawl::service
