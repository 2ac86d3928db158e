// What the removal of personal data makes of texts: {"text"} a line in, {"text", "edits"} a line
// out.
#include <iostream>
#include <string>

#include "base/json.h"
#include "learn/privacy/pii.h"

int main() {
  std::ios::sync_with_stdio(false);
  std::string line;
  while (std::getline(std::cin, line)) {
    const pawl::Json given = pawl::parse_json(line);
    const pawl::learn::Redaction redaction = pawl::learn::redact(given.at("text").as_string());
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
