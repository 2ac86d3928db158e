// What the removal of personal data makes of texts: {"text"} a line in, {"text", "edits"} a line
// out.
#include <iostream>
#include <string>
#include <vector>

#include "base/json.h"
#include "learn/privacy/person_names.h"
#include "learn/privacy/pii.h"

int main() {
  std::ios::sync_with_stdio(false);
  std::string line;
  while (std::getline(std::cin, line)) {
    const pawl::Json given = pawl::parse_json(line);
    const std::string& text = given.at("text").as_string();
    std::vector<pawl::learn::CodePointSpan> persons;
    if (const pawl::Json* spans = given.find("persons")) {
      for (const pawl::Json& span : spans->as_array())
        persons.push_back({span.as_array()[0].as_int(), span.as_array()[1].as_int()});
      persons = pawl::learn::find_names(text, persons);
    }
    const pawl::learn::Redaction redaction = pawl::learn::redact(text, persons);
    pawl::Json edits = pawl::Json::array();
    for (const pawl::TextEdit& edit : redaction.edits)
      edits.push_back(pawl::Json::Array{edit.start, edit.end, edit.kind});
    pawl::Json answer = pawl::Json::object();
    answer["text"] = redaction.text;
    answer["edits"] = std::move(edits);
    std::cout << pawl::to_json(answer) << '\n';
  }
  return 0;
}
