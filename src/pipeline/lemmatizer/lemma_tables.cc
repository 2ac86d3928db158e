#include "pipeline/lemmatizer/lemma_tables.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/error.h"
#include "base/msgpack_cursor.h"

namespace pawl {
namespace {

uint64_t hash_of(std::string_view text) {
  return std::hash<std::string_view>()(text);
}

// Keys are ids, or texts where a table was not made by spaCy itself.
StringId read_key(MsgpackCursor& cursor) {
  return cursor.next_is_string() ? string_id(cursor.read_text()) : cursor.read_uint();
}

// One text or a list of them.
template <typename Take>
void read_forms(MsgpackCursor& cursor, Take&& take) {
  if (cursor.next_is_string()) return take(cursor.read_text());
  for (size_t left = cursor.read_array(); left > 0; --left) take(cursor.read_text());
}

}  // namespace

KeyPlaces::KeyPlaces(size_t keys) : slots_(keys == 0 ? 0 : std::bit_ceil(2 * keys)) {}

// Checks every text once and notes where the keys are.
class LemmaTablesReader {
 public:
  explicit LemmaTablesReader(LemmaTables& out)
      : out_(out), bytes_(out.bytes_), cursor_(out.bytes_) {}

  void read(std::string& table) {
    for (size_t left = cursor_.read_map(); left > 0; --left) {
      table = cursor_.read_text();
      out_.names_.push_back(table);
      if (table == "lemma_lookup" || table.starts_with("lemma_lookup_")) {
        read_lookup(out_.lookups_[table]);
      } else if (const auto read = reader_of(table)) {
        for (size_t parts = cursor_.read_map(); parts > 0; --parts) {
          LemmaTables::PartOfSpeech& part = out_.parts_[read_key(cursor_)];
          (this->*read)(part);
        }
      } else {
        cursor_.skip();
      }
    }
    cursor_.expect_end();
  }

 private:
  using PartReader = void (LemmaTablesReader::*)(LemmaTables::PartOfSpeech& part);

  static PartReader reader_of(const std::string& table) {
    if (table == "lemma_index") return &LemmaTablesReader::read_index;
    if (table == "lemma_exc") return &LemmaTablesReader::read_exceptions;
    if (table == "lemma_rules") return &LemmaTablesReader::read_rules;
    return nullptr;
  }

  void add_text(KeyPlaces& places) {
    const size_t place = cursor_.position();
    const std::string_view text = cursor_.read_text();
    places.add(hash_of(text), place,
               [&](size_t other) { return MsgpackCursor(bytes_, other).read_bytes() == text; });
  }

  void read_lookup(KeyPlaces& lemmas) {
    const size_t count = cursor_.read_map();
    lemmas = KeyPlaces(count);
    for (size_t left = count; left > 0; --left) {
      const size_t place = cursor_.position();
      const StringId key = read_key(cursor_);
      lemmas.add(key, place, [&](size_t other) {
        MsgpackCursor there(bytes_, other);
        return read_key(there) == key;
      });
      read_forms(cursor_, [](std::string_view) {});
    }
  }

  void read_index(LemmaTables::PartOfSpeech& part) {
    const bool is_map = cursor_.next_is_map();
    const size_t count = is_map ? cursor_.read_map() : cursor_.read_array();
    part.index_ = KeyPlaces(count);
    for (size_t left = count; left > 0; --left) {
      add_text(part.index_);
      if (is_map) cursor_.skip();
    }
  }

  void read_exceptions(LemmaTables::PartOfSpeech& part) {
    const size_t count = cursor_.read_map();
    part.exceptions_ = KeyPlaces(count);
    for (size_t left = count; left > 0; --left) {
      add_text(part.exceptions_);
      read_forms(cursor_, [](std::string_view) {});
    }
  }

  void read_rules(LemmaTables::PartOfSpeech& part) {
    for (size_t left = cursor_.read_array(); left > 0; --left) {
      if (cursor_.read_array() != 2)
        throw Error(ErrorKind::kFormat, "a rule is not a pair of suffixes");
      std::string old_suffix(cursor_.read_text());
      part.suffixes.emplace_back(std::move(old_suffix), cursor_.read_text());
    }
  }

  LemmaTables& out_;
  std::string_view bytes_;
  MsgpackCursor cursor_;
};

LemmaTables LemmaTables::from_bytes(std::string bytes, const std::string& where) {
  LemmaTables out;
  out.bytes_ = std::move(bytes);
  std::string table;
  try {
    if (out.bytes_.size() >= std::numeric_limits<uint32_t>::max())
      throw Error(ErrorKind::kUnsupported, "tables of more than 4 GiB are not supported");
    LemmaTablesReader(out).read(table);
  } catch (const Error& error) {
    throw error.within(where + (table.empty() ? "" : ": table '" + table + "'"));
  }
  return out;
}

bool LemmaTables::has(std::string_view table) const {
  return std::find(names_.begin(), names_.end(), table) != names_.end();
}

const LemmaTables::PartOfSpeech* LemmaTables::find(StringId pos) const {
  const auto found = parts_.find(pos);
  return found == parts_.end() ? nullptr : &found->second;
}

bool LemmaTables::is_known(const PartOfSpeech& part, std::string_view form) const {
  return part.index_
      .find(hash_of(form),
            [&](size_t place) { return MsgpackCursor(bytes_, place).read_bytes() == form; })
      .has_value();
}

LemmaTables::Forms LemmaTables::exceptions(const PartOfSpeech& part, std::string_view form) const {
  Forms out;
  const auto place = part.exceptions_.find(hash_of(form), [&](size_t other) {
    return MsgpackCursor(bytes_, other).read_bytes() == form;
  });
  if (!place) return out;
  MsgpackCursor cursor(bytes_, *place);
  cursor.read_bytes();
  read_forms(cursor, [&](std::string_view lemma) { out.emplace_back(lemma); });
  return out;
}

const KeyPlaces* LemmaTables::lookup(std::string_view table) const {
  const auto found = lookups_.find(table);
  return found == lookups_.end() ? nullptr : &found->second;
}

std::optional<std::string_view> LemmaTables::look_up(const KeyPlaces& table, StringId form) const {
  const auto place = table.find(form, [&](size_t other) {
    MsgpackCursor there(bytes_, other);
    return read_key(there) == form;
  });
  if (!place) return std::nullopt;
  MsgpackCursor cursor(bytes_, *place);
  cursor.skip();
  std::optional<std::string_view> first;
  read_forms(cursor, [&](std::string_view lemma) {
    if (!first) first = lemma;
  });
  return first;
}

}  // namespace pawl
