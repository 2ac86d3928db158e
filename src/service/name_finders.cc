#include "service/name_finders.h"

#include "base/error.h"
#include "learn/deploy/original_names.h"
#include "learn/privacy/corrected_names.h"

namespace pawl::service {

std::vector<learn::CodePointSpan> persons_of(const Doc& doc) {
  std::vector<learn::CodePointSpan> persons;
  for (const Span& span : doc.entities()) {
    if (learn::is_person_label(doc.vocab().strings().at(span.label)))
      persons.push_back({doc[span.start].idx, doc[span.end - 1].end()});
  }
  return persons;
}

std::shared_ptr<const Language> NameFinders::get(const std::string& tenant, const LiveModel& live) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(tenant);
  if (found != entries_.end() && found->second.generation == live.generation)
    return found->second.finder;
  auto finder = open(tenant, live);
  // Rules answer for want of a generation: that may change at any time.
  if (!live.generation.empty()) entries_[tenant] = {live.generation, finder};
  return finder;
}

void NameFinders::forget(const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  entries_.erase(tenant);
}

std::shared_ptr<const Language> NameFinders::open(const std::string& tenant,
                                                  const LiveModel& live) {
  const auto names = learn::original_names_of(store_, tenant);
  if (!names) {
    if (live.nlp != nullptr) return nullptr;
    throw Error(ErrorKind::kIo,
                "names of persons cannot be removed while no generation can be used, so no text "
                "is kept");
  }
  if (names->id.empty()) return nullptr;
  if (live.nlp != nullptr && learn::has_original_names(env_, workspace_, *names, live.generation))
    return nullptr;
  auto finder = learn::open_original_names(env_, workspace_, *names);
  finder->vocab().set_capacity(kServedForms);
  return finder;
}

}  // namespace pawl::service
