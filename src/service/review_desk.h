// What the review queue is made of: the live model's view of texts, kept while the same generation
// is live, so that a look at the queue costs what is new.
#pragma once

#include <map>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "learn/evidence/distribution.h"
#include "math/matrix.h"
#include "service/live_models.h"
#include "store/store.h"

namespace pawl::service {

// Safe for any number of threads; those of one tenant wait for each other.
class ReviewDesk {
 public:
  explicit ReviewDesk(Store& store) : store_(store) {}

  struct View {
    std::vector<learn::Scores> scores;  // of the intent head; empty ones: no such head
    Matrix vectors;                     // rows of length 1: sentence vectors, or n-grams without
  };
  // One row for each text; only the first `scored` are scored.
  View look(const std::string& tenant, const LiveModel& live, std::span<const std::string> texts,
            size_t scored);
  void forget(const std::string& tenant);

 private:
  struct Seen {
    learn::Scores scores;
    std::vector<float> vector;  // empty: not encoded
    bool scored = false;
    uint64_t used = 0;
  };
  struct Desk {
    std::mutex mutex;
    std::string generation;
    std::unordered_map<std::string, Seen> seen;  // by text
    uint64_t looks = 0;
  };
  Desk& desk_of(const std::string& tenant);
  void recall_vectors(const std::string& tenant, const std::string& fingerprint, size_t width,
                      std::span<const std::string> texts, Desk& desk);
  void encode(const std::string& tenant, const LiveModel& live, std::span<const std::string> texts,
              Desk& desk);
  static void score(const LiveModel& live, std::span<const std::string> texts, Desk& desk);

  Store& store_;
  std::mutex mutex_;  // of desks_
  std::map<std::string, std::unique_ptr<Desk>> desks_;
};

}  // namespace pawl::service
