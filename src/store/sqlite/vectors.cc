#include "store/sqlite/transaction.h"

namespace pawl::sqlite {

void SqliteTransaction::put_vectors(std::string_view tenant, std::string_view fingerprint,
                                    std::span<const VectorRecord> vectors) {
  for (const VectorRecord& v : vectors) {
    Query(writing(), "INSERT OR REPLACE INTO sentence_vectors VALUES (?, ?, ?, ?, ?)")
        .bind(tenant, v.text_hash, fingerprint, v.text_key, Blob{v.vector})
        .run();
  }
}

std::vector<VectorRecord> SqliteTransaction::vectors(std::string_view tenant,
                                                     std::string_view fingerprint) {
  Query rows(*connection_,
             "SELECT text_key, text_hash, vector FROM sentence_vectors "
             "WHERE tenant_id = ? AND fingerprint = ? ORDER BY text_hash");
  rows.bind(tenant, fingerprint);
  std::vector<VectorRecord> found;
  while (rows.step()) {
    VectorRecord& v = found.emplace_back();
    v.text_key = rows.text();
    v.text_hash = rows.text();
    v.vector = rows.blob();
  }
  return found;
}

void SqliteTransaction::drop_vectors_without_example(std::string_view tenant) {
  Query(writing(),
        "DELETE FROM sentence_vectors WHERE tenant_id = ?1 AND text_key NOT IN "
        "(SELECT text_key FROM examples WHERE tenant_id = ?1)")
      .bind(tenant)
      .run();
}

int64_t SqliteTransaction::drop_stale_vectors(std::string_view tenant,
                                              std::span<const std::string> fingerprints) {
  drop_vectors_without_example(tenant);
  const int64_t orphans = changes();
  Query(writing(),
        "DELETE FROM sentence_vectors WHERE tenant_id = ? AND fingerprint NOT IN "
        "(SELECT value FROM json_each(?))")
      .bind(tenant, encode_strings({fingerprints.begin(), fingerprints.end()}))
      .run();
  return orphans + changes();
}

}  // namespace pawl::sqlite
