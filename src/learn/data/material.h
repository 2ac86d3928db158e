// What a cycle curates, from the store and back into it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "learn/data/curate.h"
#include "store/store.h"

namespace pawl::learn {

struct Material {
  std::vector<TextGroup> groups;
  std::map<std::string, Split> splits;  // of these texts, by group_key()
  std::vector<std::string> beyond;      // texts that were not even looked at: they wait
  Damages damages;                      // rows that could not be read
};

// Texts that waited, then those about which something was said within the range; of at most
// `max_texts`, with all that was said and shown up to the range's end. Where something was said, no
// more texts that waited than there are new ones, or a hundred, so that the cost is that of the
// news: those of labels that news name, and of the others another part in every cycle. Turns about
// which nobody said anything count where their users showed what `trust` takes for a word.
Material read_material(Transaction& transaction, const std::string& tenant,
                       const SequenceRange& range, size_t max_texts,
                       const SignalOptions& signals = {}, const SignalTrust& trust = {});

// Whose work it is.
struct CurationContext {
  std::string tenant;
  std::string cycle_id;
  std::string generation_id;  // live while it was curated
  int64_t now = 0;
};

// Puts new versions beside the old ones, retracts what nobody vouches for any more, remembers
// splits and what waits, and lists bursts and damaged rows in the quarantine. Doing it twice is the
// same as once.
void keep_curated(Transaction& transaction, const CurationContext& context,
                  const Material& material, const Curated& curated);

// Sets aside what the cycle taught this head: see Annotation::set_aside. An operator's labels stay.
void set_aside(Transaction& transaction, const CurationContext& context, Head head);

// What a cycle trains and judges on.
struct Dataset {
  std::vector<LabeledExample> memory, fresh;  // of earlier cycles and of this one, old to new
  Damages damages;                            // rows that could not be read
};

// The newest `max_examples`, but for what must not train or judge: see admit().
Dataset load_dataset(Transaction& transaction, const std::string& tenant,
                     const std::string& cycle_id, size_t max_examples,
                     const std::map<Head, std::set<std::string>>& known_labels,
                     const DefenceOptions& options);

// The labels that the pipeline's heads can name.
std::map<Head, std::set<std::string>> labels_of(const Language& nlp);

}  // namespace pawl::learn
