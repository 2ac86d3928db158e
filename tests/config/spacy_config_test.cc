#include "config/spacy_config.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "config/python_json.h"

namespace pawl {
namespace {

Json parse(std::string_view text, const ConfigOptions& options = {}) {
  return parse_config(text, "config.cfg", options);
}

std::string error_of(std::string_view text, const ConfigOptions& options = {}) {
  try {
    parse(text, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

const Json& at(const Json& config, std::string_view path) {
  const Json* found = find_config(config, path);
  EXPECT_NE(found, nullptr) << path;
  static const Json nothing;
  return found ? *found : nothing;
}

TEST(SpacyConfig, SectionsNestByDotsAndValuesAreJson) {
  const Json config =
      parse("[a]\nx = 1\ny = \"two\"\nlist = [1,\n  2]\n\n[a.b]\nz = null\nw = plain words\n");
  EXPECT_EQ(at(config, "a.x").as_int(), 1);
  EXPECT_EQ(at(config, "a.y").as_string(), "two");
  EXPECT_EQ(at(config, "a.list").as_array().size(), 2u);
  EXPECT_TRUE(at(config, "a.b.z").is_null());
  EXPECT_EQ(at(config, "a.b.w").as_string(), "plain words");
}

TEST(SpacyConfig, ReferencesWithDotOrColonTakeTheValueAndItsType) {
  const Json config =
      parse("[a]\nn = 3\ns = \"text\"\n[b]\nx = ${a.n}\ny = ${a:s}\nz = \"${a.s}/${a.n}\"\n");
  EXPECT_EQ(at(config, "b.x").as_int(), 3);
  EXPECT_EQ(at(config, "b.y").as_string(), "text");
  EXPECT_EQ(at(config, "b.z").as_string(), "text/3");
}

TEST(SpacyConfig, AWholeSectionCanBeReferredTo) {
  const Json config = parse("[a]\nx = 1\n[a.b]\ny = 2\n[c]\nz = ${a}\nl = [${a.b}]\n");
  EXPECT_EQ(at(config, "c.z.b.y").as_int(), 2);
  EXPECT_EQ(at(config, "c.l").as_array()[0].at("y").as_int(), 2);
}

TEST(SpacyConfig, UninterpolatedReferencesSurviveARoundTrip) {
  const std::string text = "[a]\nx = ${b.y}\ns = \"in ${b.y} text\"\n\n[b]\ny = 1";
  const Json config = parse(text, {.interpolate = false, .overrides = {}});
  EXPECT_EQ(at(config, "a.x").as_string(), "${b.y}");
  EXPECT_EQ(write_config(config), text);
}

TEST(SpacyConfig, OverridesApplyBeforeReferencesAreResolved) {
  ConfigOptions options;
  options.overrides = {{"paths.train", Json("corpus")}};
  const Json config = parse("[paths]\ntrain = null\n[corpora]\npath = ${paths.train}\n", options);
  EXPECT_EQ(at(config, "corpora.path").as_string(), "corpus");
  options.overrides = {{"nowhere.train", Json(1)}};
  EXPECT_NE(error_of("[paths]\ntrain = null\n", options).find("nowhere.train"), std::string::npos);
}

TEST(SpacyConfig, ErrorsNameFileLineAndKey) {
  EXPECT_EQ(error_of("[a]\nx = ${b.y}\n"),
            "config.cfg:2: [a] x: refers to 'b.y', which does not exist");
  EXPECT_EQ(error_of("[a]\n\nwords\n"), "config.cfg:3: neither a [section] nor 'key = value'");
  EXPECT_EQ(error_of("[a]\nx = 1\nx = 2\n"), "config.cfg:3: key 'x' comes twice in [a]");
  EXPECT_EQ(error_of("[a]\n[a]\n"), "config.cfg:2: section [a] comes twice; merge the two");
  EXPECT_EQ(error_of("[a.b]\n"), "config.cfg:1: [a.b]: section 'a' is not defined");
  EXPECT_EQ(error_of("[a]\nb = 1\n[a.b]\n"),
            "config.cfg:2: [a] b: is a value and a section at once");
  EXPECT_EQ(error_of("x = 1\n"), "config.cfg:1: a value outside of any [section]");
  EXPECT_NE(error_of("[a]\nx = $y\n").find("config.cfg:2: [a] x"), std::string::npos);
  EXPECT_NE(error_of("[a]\nx = \xff\n").find("not UTF-8"), std::string::npos);
}

TEST(SpacyConfig, CirclesAndExplosionsEnd) {
  EXPECT_NE(error_of("[a]\nx = ${a.y}\ny = ${a.x}\n").find("circles"), std::string::npos);
  EXPECT_NE(error_of("[a]\nx = ${b}\n[b]\ny = ${a}\n").find("circles"), std::string::npos);
  std::string doubling = "[s0]\nx = 1\n";
  for (int i = 1; i < 40; ++i) {
    const std::string to = "${s" + std::to_string(i - 1) + "}";
    doubling += "[s" + std::to_string(i) + "]\na = " + to + "\nb = " + to + "\n";
  }
  EXPECT_NE(error_of(doubling).find("circles"), std::string::npos);
  std::string laughs = "[a]\nx0 = 0123456789012345678901234567890123456789\n";
  for (int i = 1; i < 10; ++i) {
    laughs += "x" + std::to_string(i) + " = ";
    for (int j = 0; j < 100; ++j) laughs += "${a.x" + std::to_string(i - 1) + "}";
    laughs += "\n";
  }
  EXPECT_NE(error_of(laughs).find("16 MiB"), std::string::npos);
  std::string deep = "[a]\n";
  for (std::string name = "a"; name.size() < 200;) {
    name += ".a";
    deep += "[" + name + "]\n";
  }
  EXPECT_NE(error_of(deep).find("too deeply"), std::string::npos);
}

TEST(SpacyConfig, KeysThatNoLineCanHoldAreWrittenInline) {
  Json inner = Json::object();
  inner["a:b"] = 1;
  inner["#"] = "$";
  Json config = Json::object();
  set_config(config, "s.odd", inner);
  set_config(config, "s.dotted", Json(Json::Object{{"x.y", Json(Json::Object{{"z", Json(1)}})}}));
  const ConfigOptions raw{.interpolate = false, .overrides = {}};
  EXPECT_EQ(parse(write_config(config), raw), config);
  EXPECT_EQ(parse(write_config(config)), config);
}

TEST(SpacyConfig, DefaultsAreMergedUnlessAnotherFunctionIsNamed) {
  Json config = parse("[m]\n@architectures = \"A\"\nx = 1\n[n]\n@architectures = \"B\"\n");
  merge_config_defaults(
      config,
      parse(
          "[m]\n@architectures = \"A\"\nx = 2\ny = 3\n[n]\n@architectures = \"C\"\nz = 1\n[o]\n"));
  EXPECT_EQ(at(config, "m.x").as_int(), 1);
  EXPECT_EQ(at(config, "m.y").as_int(), 3);
  EXPECT_EQ(find_config(config, "n.z"), nullptr);
  EXPECT_NE(find_config(config, "o"), nullptr);
}

TEST(PythonJson, FloatsAreWrittenAsReprDoes) {
  EXPECT_EQ(python_float(1e-8), "1e-08");
  EXPECT_EQ(python_float(0.0001), "0.0001");
  EXPECT_EQ(python_float(1e16), "1e+16");
  EXPECT_EQ(python_float(123456789012345680.0), "1.2345678901234568e+17");
  EXPECT_EQ(python_float(1234.5), "1234.5");
  EXPECT_EQ(python_float(100.0), "100.0");
  EXPECT_EQ(python_float(-0.0), "-0.0");
}

}  // namespace
}  // namespace pawl
