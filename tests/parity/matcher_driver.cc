// Answers tests/parity/test_matcher.py: matches of patterns and phrases, one JSON line per line
// read.
//
// usage: pawl_matcher_driver PIPELINE
//   {"patterns": [[key, pattern], ...], "phrases": [[key, text], ...], "attr": name, "texts":
//   [...]}
//   -> [[[key, start, end], ...] for each text], token matches first; {"error"} for what is refused
//   {"pipeline": folder, "texts": [...], "save": folder or null}: what a pipeline with rulers says,
//   and saves
//   -> [{"ents": [[start, end, label, id], ...], "spans": {name: [[start, end, label, id], ...]}}
//   ...]
//   {"fuzzy": [[text, pattern, edits], ...]} -> [true or false, ...]
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "base/env.h"
#include "base/error.h"
#include "base/json.h"
#include "pipeline/language.h"
#include "text/matcher/edit_distance.h"
#include "text/matcher/matcher.h"
#include "text/matcher/phrase_matcher.h"

namespace {

using namespace pawl;

void add_matches(const Language& nlp, const std::vector<Match>& matches, Json& out) {
  for (const Match& m : matches) {
    out.push_back(Json(Json::Array{Json(nlp.vocab().strings().at(m.key)),
                                   Json(static_cast<uint64_t>(m.start)),
                                   Json(static_cast<uint64_t>(m.end))}));
  }
}

Json answer_fuzzy(const Json& cases) {
  Json out = Json::array();
  for (const Json& one : cases.as_array()) {
    const auto& [text, pattern, edits] =
        std::tie(one.as_array().at(0), one.as_array().at(1), one.as_array().at(2));
    out.push_back(Json(matcher::fuzzy_equal(text.as_string(), pattern.as_string(),
                                            static_cast<int>(edits.as_int()))));
  }
  return out;
}

Json spans_json(const Doc& doc, const std::vector<Span>& spans) {
  Json out = Json::array();
  const StringStore& strings = doc.vocab().strings();
  for (const Span& s : spans) {
    out.push_back(
        Json(Json::Array{Json(static_cast<uint64_t>(s.start)), Json(static_cast<uint64_t>(s.end)),
                         Json(strings.at(s.label)), Json(strings.at(s.id))}));
  }
  return out;
}

Json answer_pipeline(const Json& request) {
  const auto nlp = Language::from_disk(Env::real(), request.at("pipeline").as_string())->clone();
  if (const Json& target = request.at("save"); target.is_string())
    nlp->to_disk(Env::real(), target.as_string());
  std::vector<std::string> texts;
  for (const Json& text : request.at("texts").as_array()) texts.push_back(text.as_string());
  Json out = Json::array();
  for (const Doc& doc : nlp->pipe(texts)) {
    Json one = Json::object();
    one["ents"] = spans_json(doc, doc.entities());
    one["spans"] = Json::object();
    for (const SpanGroup& group : doc.spans())
      one["spans"][group.name] = spans_json(doc, group.spans);
    out.push_back(std::move(one));
  }
  return out;
}

Json answer(const Language& nlp, const Json& request) {
  if (const Json* cases = request.find("fuzzy")) return answer_fuzzy(*cases);
  if (request.find("pipeline") != nullptr) return answer_pipeline(request);
  StringStore& strings = nlp.vocab().strings();
  Matcher tokens;
  for (const Json& one : request.at("patterns").as_array())
    tokens.add(strings.add(one.as_array().at(0).as_string()), one.as_array().at(1), strings);
  PhraseMatcher phrases(matcher::attribute_from_name(request.at("attr").as_string()));
  for (const Json& one : request.at("phrases").as_array()) {
    phrases.add(strings.add(one.as_array().at(0).as_string()),
                nlp.make_doc(one.as_array().at(1).as_string()));
  }
  Json out = Json::array();
  for (const Json& text : request.at("texts").as_array()) {
    const Doc doc = nlp.make_doc(text.as_string());
    Json matches = Json::array();
    add_matches(nlp, tokens(doc), matches);
    add_matches(nlp, phrases(doc), matches);
    out.push_back(std::move(matches));
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto nlp = Language::from_disk(Env::real(), argv[1]);
  std::string line;
  while (std::getline(std::cin, line)) {
    Json reply;
    try {
      reply = answer(*nlp, parse_json(line));
    } catch (const Error& error) {
      reply = Json(Json::Object{{"error", Json(error.what())}});
    }
    const std::string out = to_json(reply) + "\n";
    std::fwrite(out.data(), 1, out.size(), stdout);
    std::fflush(stdout);
  }
  return 0;
}
