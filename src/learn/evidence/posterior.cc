#include "learn/evidence/posterior.h"

#include <algorithm>
#include <map>

#include "learn/evidence/sources/source.h"

namespace pawl::learn {
namespace {

bool has_say(const Voice& voice, Head head, const Trust& trust) {
  return std::any_of(all_sources().begin(), all_sources().end(),
                     [&](const auto& source) { return source->has_say(voice, head, trust); });
}

std::vector<std::string> all_named(std::span<const Voice> voices, Head head) {
  std::vector<std::string> labels;
  // Corrections stand before reviews where both name labels that nobody has heard of.
  for (auto source = all_sources().rbegin(); source != all_sources().rend(); ++source) {
    for (const Voice& voice : voices) {
      if (const auto label = (*source)->named(voice, head)) labels.push_back(*label);
    }
  }
  return labels;
}

}  // namespace

bool speaks_for(const Voice& voice, Head head, const Trust& trust, const std::string& label) {
  return std::any_of(all_sources().begin(), all_sources().end(), [&](const auto& source) {
    return source->speaks_for(voice, head, trust) == label;
  });
}

Scores likelihood_of(const Voice& voice, Head head, const Trust& trust) {
  Scores likelihood;
  const auto add = [&](const std::string& label) {
    const bool known = std::any_of(likelihood.begin(), likelihood.end(),
                                   [&](const auto& x) { return x.first == label; });
    if (!known && !label.empty()) likelihood.emplace_back(label, 1.0);
  };
  for (const auto& source : all_sources()) {
    if (const auto label = source->named(voice, head)) add(*label);
  }
  add(voice.predicted());
  likelihood.emplace_back("", 1.0);
  for (const auto& source : all_sources()) source->weigh(voice, head, trust, likelihood);
  return likelihood;
}

std::optional<std::string> named_by(const Voice& voice, Head head) {
  for (const auto& source : all_sources()) {
    if (auto label = source->named(voice, head)) return label;
  }
  return std::nullopt;
}

bool only_blames(const Voice& voice, Head head, const Trust& trust) {
  return has_say(voice, head, trust) &&
         std::none_of(all_sources().begin(), all_sources().end(), [&](const auto& source) {
           return source->speaks_for(voice, head, trust).has_value();
         });
}

std::vector<Voice> heard(std::span<const JudgedTurn* const> turns, Head head, const Trust& trust,
                         const std::set<std::string>& silent) {
  std::vector<Voice> voices;
  for (const JudgedTurn* turn : turns) {
    for (Voice& voice : voices_of(*turn, head)) {
      if (silent.contains(voice.author()) || !has_say(voice, head, trust)) continue;
      const auto known = std::find_if(voices.begin(), voices.end(),
                                      [&](const Voice& v) { return v.author() == voice.author(); });
      if (known == voices.end()) {
        voices.push_back(std::move(voice));
      } else if (named_by(voice, head) || !named_by(*known, head)) {
        *known = std::move(voice);
      }
    }
  }
  return voices;
}

Belief believe_label(Head head, const Scores& scores, std::span<const Voice> voices,
                     const Trust& trust) {
  std::vector<std::string> answered;
  for (const Voice& voice : voices) answered.push_back(voice.predicted());
  Scores posterior = prior_of(scores, all_named(voices, head), answered, trust);
  Belief belief;
  for (const Voice& voice : voices) {
    for (const auto& source : all_sources()) source->weigh(voice, head, trust, posterior);
    belief.authors.push_back(voice.author());
  }
  double total = 0;
  for (const auto& [label, p] : posterior) {
    total += p;
    if (p > belief.probability) belief.label = label, belief.probability = p;
  }
  if (total > 0) belief.probability /= total;
  for (const Voice& voice : voices) {
    if (speaks_for(voice, head, trust, belief.label)) belief.support.push_back(voice.author());
  }
  return belief;
}

Belief believe_spans(Head head, std::span<const Voice> voices, const Trust& trust) {
  Belief belief;
  std::map<std::string, double> votes;
  for (const Voice& voice : voices) {
    const auto spans = named_by(voice, head);
    if (!spans) continue;
    belief.authors.push_back(voice.author());
    votes[*spans] += voice.own() ? trust.correction : trust.correction_by_another;
  }
  double most = 0;
  for (const Voice& voice : voices) {
    const auto spans = named_by(voice, head);
    if (spans && votes.at(*spans) > most) belief.label = *spans, most = votes.at(*spans);
  }
  for (const Voice& voice : voices) {
    if (named_by(voice, head) != belief.label) continue;
    belief.support.push_back(voice.author());
    const double trusted = voice.own() ? trust.correction : trust.correction_by_another;
    belief.probability = std::max(belief.probability, trusted);
  }
  return belief;
}

}  // namespace pawl::learn
