#include "text/vocab_files.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "base/json_strings.h"
#include "base/msgpack_cursor.h"

namespace pawl {
namespace {

constexpr std::string_view kNormTable = "lexeme_norm";

// What spaCy writes for a vocabulary without vectors.
constexpr char kNoVectors[] =
    "\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (0, 0), }"
    "                                                          \n";
static_assert(sizeof kNoVectors - 1 == 128);
constexpr std::string_view kEmptyMap = "\x80";
constexpr std::string_view kVectorsConfig = "{\n  \"mode\":\"default\"\n}";

// One string a line, as srsly writes a list.
std::string strings_json(std::vector<std::string> strings) {
  if (strings.empty()) return "[]";
  std::sort(strings.begin(), strings.end());
  std::string out = "[";
  for (size_t i = 0; i < strings.size(); ++i) {
    out += i == 0 ? "\n  " : ",\n  ";
    append_json_string(out, strings[i], true);
  }
  return out + "\n]";
}

std::string lookups_bytes(const std::unordered_map<StringId, std::string>& norms) {
  if (norms.empty()) return std::string(kEmptyMap);
  Msgpack::Map table;
  for (const auto& [id, norm] : norms) table.emplace_back(Msgpack(id), Msgpack(norm));
  std::sort(table.begin(), table.end(),
            [](const auto& a, const auto& b) { return a.first.as_uint() < b.first.as_uint(); });
  Msgpack::Map tables;
  tables.emplace_back(Msgpack(std::string(kNormTable)), Msgpack(std::move(table)));
  return to_msgpack(Msgpack(std::move(tables)));
}

template <typename Read>
auto reading(const Path& path, std::string_view name, Read&& read) {
  try {
    return read();
  } catch (const Error& error) {
    throw Error(ErrorKind::kFormat, (path / name).string() + ": " + error.what());
  }
}

}  // namespace

VocabFiles VocabFiles::read(Env& env, const Path& path) {
  VocabFiles out;
  for (const auto& name : env.list_files(path)) {
    if (name == kVectors) {
      out.table_ = MappedFile::open(path / name);
    } else {
      out.files_[name] = env.read_file(path / name);
    }
  }
  if (!out.find(kStrings)) {
    throw Error(ErrorKind::kFormat, (path / kStrings).string() + " is missing");
  }
  return out;
}

const std::string* VocabFiles::find(std::string_view name) const {
  const auto found = files_.find(std::string(name));
  return found == files_.end() ? nullptr : &found->second;
}

void VocabFiles::each_string(const Path& path,
                             const std::function<void(std::string_view)>& each) const {
  reading(path, kStrings, [&] { for_each_json_string(*find(kStrings), each); });
}

std::unordered_map<StringId, std::string> VocabFiles::lexeme_norms(const Path& path) const {
  const std::string* bytes = find(kLookups);
  if (!bytes) return {};
  return reading(path, kLookups, [&] {
    std::unordered_map<StringId, std::string> out;
    MsgpackCursor cursor(*bytes);
    for (size_t tables = cursor.read_map(); tables > 0; --tables) {
      if (cursor.read_text() != kNormTable) {
        cursor.skip();
        continue;
      }
      size_t left = cursor.read_map();
      out.reserve(left);
      for (; left > 0; --left) {
        const StringId id =
            cursor.next_is_string() ? string_id(cursor.read_text()) : cursor.read_uint();
        out.insert_or_assign(id, cursor.read_text());
      }
    }
    cursor.expect_end();
    return out;
  });
}

std::optional<LexicalRules> VocabFiles::lexical_rules(const Path& path) const {
  const std::string* text = find(kLexicalRules);
  if (!text) return std::nullopt;
  return reading(path, kLexicalRules, [&] { return LexicalRules::from_json(parse_json(*text)); });
}

std::shared_ptr<const Vectors> VocabFiles::vectors(const Path& path) const {
  if (table_ == nullptr) return nullptr;
  const std::string* keys = find(kVectorKeys);
  const std::string* settings = find(kVectorSettings);
  auto vectors = Vectors::read(table_, keys != nullptr ? *keys : std::string_view(),
                               settings != nullptr ? *settings : std::string_view("{}"), path);
  return vectors->empty() ? nullptr : vectors;
}

void VocabFiles::take_vectors(const VocabFiles& other) {
  table_ = other.table_;
  for (const std::string_view name : {kVectorKeys, kVectorSettings}) {
    forget(name);
    if (const std::string* bytes = other.find(name)) files_[std::string(name)] = *bytes;
  }
}

// Symbols are left out, as in StringStore::strings.
size_t VocabFiles::count_strings() const {
  StringStore distinct;
  for_each_json_string(*find(kStrings), [&](std::string_view text) { distinct.add(text); });
  return distinct.strings().size();
}

void VocabFiles::write(Env& env, const Path& path, std::vector<std::string> strings,
                       const std::unordered_map<StringId, std::string>& lexeme_norms) const {
  env.create_directories(path);
  auto put = [&](std::string_view name, std::string_view bytes) {
    env.write_file(path / name, bytes, false);
  };
  // Strings only ever come to those that were read.
  const bool same_strings = find(kStrings) && strings.size() == count_strings();
  if (!same_strings) put(kStrings, strings_json(std::move(strings)));
  if (!find(kLookups)) put(kLookups, lookups_bytes(lexeme_norms));
  put(kVectors,
      table_ != nullptr ? table_->bytes() : std::string_view(kNoVectors, sizeof kNoVectors - 1));
  if (!find(kVectorKeys)) put(kVectorKeys, kEmptyMap);
  if (!find(kVectorSettings)) put(kVectorSettings, kVectorsConfig);
  for (const auto& [name, bytes] : files_) {
    if (name == kStrings && !same_strings) continue;
    env.create_directories((path / name).parent_path());
    put(name, bytes);
  }
}

}  // namespace pawl
