// What training is made of, for comparison with spaCy. Usage: pawl_corpus_driver LANGUAGE_PACK. One
// request per line:
// {"docbin": path, "write"?: path}: documents as words, entities, categories and the examples made
// from them;
// {"docbin": path, "annotations": true}: documents as JSON, and aligned to pawl's own tokens;
// {"syntax": path, "lang": code}: of each document noun chunks, null without rules, and sentences
// with what they do;
// {"augment": path, "write": path, "orth": variants or null, "whitespace"?: text, "position"?: n}:
// each document as its variant;
// {"schedule": config, "n": count}; {"batcher": config, "lengths": [...], "passes": n};
// {"load": folder, "save"?: folder}: a pipeline's names, labels and warnings;
// {"update": folder, "corpus": path, "steps": n, "batch": size, "exclude": [...], "annotating":
// [...], "save": folder}: losses of updates on consecutive batches without dropout.
#include <iostream>
#include <string>

#include "base/error.h"
#include "base/utf8.h"
#include "pipeline/language.h"
#include "text/syntax/noun_chunks.h"
#include "text/syntax/sentence_moods.h"
#include "training/augment.h"
#include "training/batcher.h"
#include "training/doc_json.h"
#include "training/docbin.h"
#include "training/update.h"

namespace {

using namespace pawl;

Json spans_json(std::span<const Span> spans, const StringStore& strings) {
  Json out = Json::array();
  for (const Span& span : spans) {
    out.push_back(Json::Array{Json(static_cast<int64_t>(span.start)),
                              Json(static_cast<int64_t>(span.end)), Json(strings.at(span.label))});
  }
  return out;
}

Json doc_json(const Language& language, const GoldDoc& gold) {
  Json out = Json::object();
  const std::vector<uint32_t> offsets = utf8::offsets(gold.text);
  Json::Array words, iob;
  for (const GoldToken& token : gold.tokens) {
    words.emplace_back(
        gold.text.substr(offsets[token.start], offsets[token.end] - offsets[token.start]));
    iob.emplace_back(static_cast<int64_t>(token.ent_iob));
  }
  Json cats = Json::object();
  for (const auto& [label, score] : gold.cats) cats[label] = static_cast<double>(score);
  const Example example = make_example(language, gold);
  const StringStore& strings = language.vocab().strings();
  Json::Array missing;
  for (const uint8_t flag : example.missing_entity)
    missing.emplace_back(static_cast<int64_t>(flag));
  out["text"] = gold.text;
  out["words"] = std::move(words);
  out["iob"] = std::move(iob);
  out["ents"] = spans_json(gold.entities, strings);
  out["cats"] = std::move(cats);
  out["example_ents"] = spans_json(example.entities, strings);
  out["example_missing"] = std::move(missing);
  out["has_entities"] = example.has_entities;
  return out;
}

// Everything that is known of a reference, through a document and JSON; and what the example made
// from it aligns.
Json annotations_json(const Language& language, const GoldDoc& gold) {
  StringStore& strings = language.vocab().strings();
  Json out = Json::object();
  out["json"] = doc_to_json(doc_of(gold, language.vocab()));
  out["again"] = doc_to_json(doc_of(doc_from_json(out.at("json"), strings), language.vocab()));
  const Example example = make_example(language, gold);
  Json aligned = Json::object();
  for (const Attr attr : {Attr::kTag, Attr::kPos, Attr::kMorph, Attr::kLemma, Attr::kDep}) {
    Json values = Json::array();
    for (const uint64_t value : example.aligned(attr))
      values.push_back(value == Example::kUnaligned ? Json() : Json(strings.at(value)));
    aligned[attr_name(attr)] = std::move(values);
  }
  out["aligned"] = std::move(aligned);
  Json starts = Json::array(), spans = Json::array();
  for (const uint8_t start : example.aligned_sentence_starts()) starts.push_back(start != 0);
  for (const SpanGroup& group : gold.spans) {
    spans.push_back(spans_json(example.aligned_spans(group.spans, true), strings));
    spans.push_back(spans_json(example.aligned_spans(group.spans, false), strings));
  }
  out["sent_starts"] = std::move(starts);
  out["spans"] = std::move(spans);
  return out;
}

Json flag_json(const std::optional<bool>& flag) {
  return flag ? Json(*flag) : Json();
}

Json syntax_json(const Doc& doc) {
  Json out = Json::object();
  out["chunks"] = Json();
  if (const auto chunks = noun_chunks(doc)) {
    out["chunks"] = Json::array();
    for (const Span& chunk : *chunks) {
      out["chunks"].push_back(Json::Array{Json(static_cast<int64_t>(chunk.start)),
                                          Json(static_cast<int64_t>(chunk.end))});
    }
  }
  out["moods"] = Json::array();
  for (const SentenceMood& mood : sentence_moods(doc)) {
    out["moods"].push_back(Json::Array{Json(static_cast<int64_t>(mood.start)),
                                       Json(static_cast<int64_t>(mood.end)), Json(mood.is_question),
                                       flag_json(mood.is_imperative), flag_json(mood.is_negated)});
  }
  return out;
}

Json answer_syntax(const Json& request) {
  Vocab vocab;
  vocab.lang = request.at("lang").as_string();
  const std::string path = request.at("syntax").as_string();
  Json out = Json::object();
  out["docs"] = Json::array();
  for (const GoldDoc& gold : read_docbin(Env::real().read_file(path), vocab.strings(), path))
    out["docs"].push_back(syntax_json(doc_of(gold, vocab)));
  return out;
}

Json answer_augment(const Json& request, StringStore& strings) {
  const std::string path = request.at("augment").as_string();
  std::vector<GoldDoc> docs = read_docbin(Env::real().read_file(path), strings, path);
  Rng rng(0);
  for (GoldDoc& gold : docs) {
    if (!request.at("orth").is_null()) OrthVariants(request.at("orth"), "orth").apply(gold, rng);
    if (const Json* whitespace = request.find("whitespace")) {
      const auto position = static_cast<size_t>(request.at("position").as_int());
      gold = with_whitespace(gold, whitespace->as_string(), position % gold.tokens.size(), strings);
    }
  }
  Env::real().write_file(request.at("write").as_string(), write_docbin(docs, strings), false);
  return Json::object();
}

std::vector<std::string> names(const Json& list) {
  std::vector<std::string> out;
  for (const Json& item : list.as_array()) out.push_back(item.as_string());
  return out;
}

Json run_updates(const Json& request) {
  Env& env = Env::real();
  const auto language = Language::from_disk(env, request.at("update").as_string());
  const std::string corpus = request.at("corpus").as_string();
  const auto docs = read_docbin(env.read_file(corpus), language->vocab().strings(), corpus);
  const auto size = static_cast<size_t>(request.at("batch").as_int());
  PipelineUpdate options;
  options.exclude = names(request.at("exclude"));
  options.annotating = names(request.at("annotating"));
  // Adam turns noise in tiny gradients into whole steps; a large eps keeps the comparison about
  // gradients.
  nn::Adam optimizer({.learn_rate = 0.001, .eps = 1e-3});
  Json::Array all;
  for (int64_t step = 0; step < request.at("steps").as_int(); ++step) {
    std::vector<Example> batch;
    for (size_t i = 0; i < size; ++i) {
      batch.push_back(
          make_example(*language, docs[(static_cast<size_t>(step) * size + i) % docs.size()]));
    }
    Losses losses;
    update_pipeline(*language, batch, options, losses);
    finish_update(*language, optimizer, options);
    Json one = Json::object();
    for (const auto& [name, loss] : losses) one[name] = loss;
    all.push_back(std::move(one));
  }
  for (TrainableComponent* component : trained_components(*language, options.exclude)) {
    optimizer.settle(component->model());
  }
  language->to_disk(env, request.at("save").as_string());
  Json out = Json::object();
  out["losses"] = std::move(all);
  return out;
}

Json answer(const Language& language, const Json& request) {
  if (request.find("update")) return run_updates(request);
  if (request.find("syntax")) return answer_syntax(request);
  if (request.find("augment")) return answer_augment(request, language.vocab().strings());
  Json out = Json::object();
  if (const Json* path = request.find("docbin")) {
    StringStore& strings = language.vocab().strings();
    const auto docs =
        read_docbin(Env::real().read_file(path->as_string()), strings, path->as_string());
    Json::Array all;
    const bool annotations = request.find("annotations") != nullptr;
    for (const GoldDoc& gold : docs)
      all.push_back(annotations ? annotations_json(language, gold) : doc_json(language, gold));
    out["docs"] = std::move(all);
    if (const Json* target = request.find("write")) {
      Env::real().write_file(target->as_string(), write_docbin(docs, strings), false);
    }
  } else if (const Json* schedule = request.find("schedule")) {
    Schedule series(*schedule, "schedule");
    Json::Array values;
    for (int64_t i = 0; i < request.at("n").as_int(); ++i) values.emplace_back(series.next());
    out["values"] = std::move(values);
  } else if (const Json* config = request.find("batcher")) {
    Batcher batcher(*config, "batcher");
    std::vector<uint32_t> lengths;
    for (const Json& length : request.at("lengths").as_array()) {
      lengths.push_back(static_cast<uint32_t>(length.as_int()));
    }
    Json::Array passes;
    for (int64_t i = 0; i < request.at("passes").as_int(); ++i) {
      Json::Array batches;
      for (const auto& batch : batcher.cut(lengths)) {
        Json::Array indices;
        for (const uint32_t index : batch) indices.emplace_back(static_cast<int64_t>(index));
        batches.emplace_back(std::move(indices));
      }
      passes.emplace_back(std::move(batches));
    }
    out["passes"] = std::move(passes);
  } else {
    Warnings warnings;
    const auto loaded = Language::from_disk(Env::real(), request.at("load").as_string(), &warnings);
    if (const Json* target = request.find("save"))
      loaded->clone()->to_disk(Env::real(), target->as_string());
    Json::Array pipes, notes;
    for (const std::string& name : loaded->pipe_names()) pipes.emplace_back(name);
    for (const std::string& warning : warnings) notes.emplace_back(warning);
    out["names"] = std::move(pipes);
    out["warnings"] = std::move(notes);
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto language = Language::blank(Env::real(), argv[1]);
  std::string line;
  while (std::getline(std::cin, line)) {
    Json out = Json::object();
    try {
      out = answer(*language, parse_json(line));
    } catch (const Error& error) {
      out["error"] = error.what();
    }
    std::cout << to_json(out) << std::endl;
  }
}
