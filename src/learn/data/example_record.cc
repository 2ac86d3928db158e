#include "learn/data/example_record.h"

#include "base/json_strings.h"

namespace pawl::learn {
namespace {

Annotation read_annotation(const Json& fields, HeadKind kind) {
  Annotation annotation;
  if (kind == HeadKind::kSpans)
    annotation.spans = parse_spans(to_json(fields.at("spans")));
  else
    annotation.label = fields.at("label").as_string();
  annotation.weight = fields.at("weight").as_double();
  for (const Json& author : fields.at("support").as_array())
    annotation.support.push_back(author.as_string());
  annotation.reviewed = fields.find("reviewed") != nullptr;
  annotation.set_aside = fields.find("set_aside") != nullptr;
  return annotation;
}

Json write_annotation(const Annotation& annotation, HeadKind kind) {
  Json fields = Json::object();
  if (kind == HeadKind::kSpans) {
    Json spans = Json::array();
    for (const EntityLabel& e : annotation.spans)
      spans.push_back(
          Json::Array{static_cast<uint64_t>(e.start), static_cast<uint64_t>(e.end), e.label});
    fields["spans"] = std::move(spans);
  } else {
    fields["label"] = annotation.label;
  }
  fields["weight"] = annotation.weight;
  fields["support"] = json_strings(annotation.support);
  if (annotation.reviewed) fields["reviewed"] = true;
  if (annotation.set_aside) fields["set_aside"] = true;
  return fields;
}

}  // namespace

LabeledExample from_record(const ExampleRecord& record) {
  LabeledExample example;
  example.key = record.text_key;
  example.text = record.text;
  example.split = split_from_name(record.split);
  example.example_id = record.example_id;
  example.version = record.version;
  example.cycle_id = record.cycle_id;
  example.turn_id = record.turn_id;
  example.conversation_id = record.conversation_id;
  example.user_id = record.user_id;
  example.authors = record.authors;
  for (const auto& [name, fields] : parse_json(record.heads).as_object()) {
    if (const auto head = head_of(name))
      example.heads[*head] = read_annotation(fields, (*head)->kind);
  }
  const Json details = parse_json(record.details);
  if (const Json* source = details.find("source")) example.source = source->as_string();
  return example;
}

ExampleRecord to_record(const LabeledExample& example) {
  ExampleRecord record;
  record.example_id = example.example_id;
  record.version = example.version;
  record.cycle_id = example.cycle_id;
  record.turn_id = example.turn_id;
  record.conversation_id = example.conversation_id;
  record.user_id = example.user_id;
  record.text = example.text;
  record.text_key = example.key;
  record.authors = example.authors;
  record.split = split_name(example.split);
  Json heads = Json::object();
  for (const auto& [head, annotation] : example.heads)
    heads[head_name(head)] = write_annotation(annotation, head->kind);
  record.heads = to_json(heads);
  Json details = Json::object();
  details["source"] = example.source;
  record.details = to_json(details);
  return record;
}

std::string version_id(const std::string& text_key, const std::string& cycle_id) {
  return text_key.substr(0, 16) + "-" + cycle_id;
}

}  // namespace pawl::learn
