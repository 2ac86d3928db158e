// What an edge keeps beside the conversations: documents and memories.
#include "base/utf8.h"
#include "store/sqlite/codec.h"
#include "store/sqlite/transaction.h"

namespace pawl::sqlite {
namespace {

#define PAWL_DOCUMENT_COLUMNS \
  "SELECT tenant_id, kind, document_id, body, at, sequence FROM documents "
#define PAWL_MEMORY_COLUMNS                                                        \
  "SELECT m.tenant_id, m.memory_id, m.user_id, m.memory_type, m.content, m.tags, " \
  "m.ai_generated, m.metadata, m.at, m.sequence "

DocumentRecord read_document(Query& row) {
  DocumentRecord document;
  document.tenant_id = row.text();
  document.kind = row.text();
  document.document_id = row.text();
  document.body = row.text();
  document.at = row.integer();
  document.sequence = row.integer();
  return document;
}

std::vector<MemoryRecord> read_memories(Query& rows) {
  std::vector<MemoryRecord> memories;
  while (rows.step()) {
    MemoryRecord memory;
    memory.tenant_id = rows.text();
    memory.memory_id = rows.text();
    memory.user_id = rows.text();
    memory.memory_type = rows.text();
    memory.content = rows.text();
    memory.tags = decode_strings(rows.text());
    memory.ai_generated = rows.integer() != 0;
    memory.metadata = rows.text();
    memory.at = rows.integer();
    memory.sequence = rows.integer();
    memories.push_back(std::move(memory));
  }
  return memories;
}

// The words of a query, each quoted, so that none of it is read as FTS5's own syntax.
std::string any_word_of(std::string_view query) {
  constexpr size_t kMaxWords = 64;
  std::string out, word;
  size_t words = 0;
  const auto end_word = [&] {
    if (word.empty() || words >= kMaxWords) return word.clear();
    out.append(out.empty() ? "\"" : " OR \"").append(word).append("\"");
    ++words;
    word.clear();
  };
  for (size_t at = 0; at < query.size();) {
    const char32_t c = utf8::next(query, at);
    const bool part =
        c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (part)
      utf8::append(word, c);
    else
      end_word();
  }
  end_word();
  return out;
}

}  // namespace

void SqliteTransaction::put_document(const DocumentRecord& document) {
  Query(writing(),
        "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (tenant_id, kind, "
        "document_id) DO UPDATE SET body = excluded.body, at = excluded.at")
      .bind(next_sequence(), document.tenant_id, document.kind, document.document_id, document.body,
            document.at)
      .run();
}

std::optional<DocumentRecord> SqliteTransaction::document(std::string_view tenant,
                                                          std::string_view kind,
                                                          std::string_view document_id) {
  Query rows(*connection_,
             PAWL_DOCUMENT_COLUMNS "WHERE tenant_id = ? AND kind = ? AND document_id = ?");
  if (!rows.bind(tenant, kind, document_id).step()) return std::nullopt;
  return read_document(rows);
}

std::vector<DocumentRecord> SqliteTransaction::documents(std::string_view tenant,
                                                         std::string_view kind) {
  Query rows(*connection_,
             PAWL_DOCUMENT_COLUMNS "WHERE tenant_id = ? AND kind = ? ORDER BY sequence");
  rows.bind(tenant, kind);
  std::vector<DocumentRecord> documents;
  while (rows.step()) documents.push_back(read_document(rows));
  return documents;
}

bool SqliteTransaction::remove_document(std::string_view tenant, std::string_view kind,
                                        std::string_view document_id) {
  Query(writing(), "DELETE FROM documents WHERE tenant_id = ? AND kind = ? AND document_id = ?")
      .bind(tenant, kind, document_id)
      .run();
  return changes() > 0;
}

int64_t SqliteTransaction::remove_documents_before(std::string_view tenant, std::string_view kind,
                                                   int64_t at) {
  Query(writing(), "DELETE FROM documents WHERE tenant_id = ? AND kind = ? AND at < ?")
      .bind(tenant, kind, at)
      .run();
  return changes();
}

int64_t SqliteTransaction::put_memory(const MemoryRecord& memory) {
  Query(writing(), "DELETE FROM memories WHERE tenant_id = ? AND memory_id = ?")
      .bind(memory.tenant_id, memory.memory_id)
      .run();
  const int64_t sequence = next_sequence();
  Query(writing(), "INSERT INTO memories VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(sequence, memory.tenant_id, memory.memory_id, memory.user_id, memory.memory_type,
            memory.content, encode_strings(memory.tags), memory.ai_generated, memory.metadata,
            memory.at)
      .run();
  return sequence;
}

std::vector<MemoryRecord> SqliteTransaction::memories(std::string_view tenant,
                                                      std::string_view query, size_t limit) {
  const std::string words = any_word_of(query);
  if (words.empty()) {
    Query rows(*connection_, PAWL_MEMORY_COLUMNS
               "FROM memories m WHERE m.tenant_id = ? ORDER BY m.sequence DESC LIMIT ?");
    rows.bind(tenant, limit);
    return query.empty() ? read_memories(rows) : std::vector<MemoryRecord>();
  }
  Query rows(*connection_, PAWL_MEMORY_COLUMNS
             "FROM memory_words w JOIN memories m ON m.sequence = w.rowid "
             "WHERE memory_words MATCH ? AND m.tenant_id = ? ORDER BY w.rank LIMIT ?");
  rows.bind(words, tenant, limit);
  return read_memories(rows);
}

std::vector<MemoryRecord> SqliteTransaction::memories_at(std::string_view tenant,
                                                         std::span<const int64_t> sequences) {
  std::vector<MemoryRecord> found;
  for (const int64_t sequence : sequences) {
    Query rows(*connection_,
               PAWL_MEMORY_COLUMNS "FROM memories m WHERE m.sequence = ? AND m.tenant_id = ?");
    rows.bind(sequence, tenant);
    for (MemoryRecord& memory : read_memories(rows)) found.push_back(std::move(memory));
  }
  return found;
}

void SqliteTransaction::put_memory_vectors(std::string_view tenant, std::string_view fingerprint,
                                           std::span<const MemoryVectorRecord> vectors) {
  for (const MemoryVectorRecord& v : vectors) {
    // A memory that was erased meanwhile leaves no vector behind.
    Query(writing(),
          "INSERT OR REPLACE INTO memory_vectors SELECT sequence, tenant_id, ?, ? FROM memories "
          "WHERE sequence = ? AND tenant_id = ?")
        .bind(fingerprint, Blob{v.vector}, v.sequence, tenant)
        .run();
  }
}

std::vector<MemoryVectorRecord> SqliteTransaction::memory_vectors(std::string_view tenant,
                                                                  std::string_view fingerprint,
                                                                  size_t limit) {
  Query rows(*connection_,
             "SELECT sequence, vector FROM memory_vectors WHERE tenant_id = ? AND fingerprint = ? "
             "ORDER BY sequence DESC LIMIT ?");
  rows.bind(tenant, fingerprint, limit);
  std::vector<MemoryVectorRecord> found;
  while (rows.step()) {
    MemoryVectorRecord& v = found.emplace_back();
    v.sequence = rows.integer();
    v.vector = rows.blob();
  }
  return found;
}

std::vector<MemoryRecord> SqliteTransaction::memories_without_vector(std::string_view tenant,
                                                                     std::string_view fingerprint,
                                                                     size_t limit) {
  Query rows(*connection_, PAWL_MEMORY_COLUMNS
             "FROM memories m WHERE m.tenant_id = ? AND NOT EXISTS (SELECT 1 FROM memory_vectors v "
             "WHERE v.sequence = m.sequence AND v.fingerprint = ?) "
             "ORDER BY m.sequence DESC LIMIT ?");
  rows.bind(tenant, fingerprint, limit);
  return read_memories(rows);
}

}  // namespace pawl::sqlite
