#include "pipeline/registry.h"

#include <vector>

#include "base/error.h"
#include "config/spacy_config.h"
#include "pipeline/encoder/encoder_component.h"
#include "pipeline/hybrid/hybrid_textcat.h"
#include "pipeline/lemmatizer/lemmatizer.h"
#include "pipeline/lemmatizer/trainable_lemmatizer.h"
#include "pipeline/ner/ner.h"
#include "pipeline/parser/parser.h"
#include "pipeline/rulers/attribute_ruler.h"
#include "pipeline/rulers/entity_ruler.h"
#include "pipeline/rulers/span_ruler.h"
#include "pipeline/sentences/sentencizer.h"
#include "pipeline/spancat/spancat.h"
#include "pipeline/tagger/morphologizer.h"
#include "pipeline/tagger/senter.h"
#include "pipeline/tagger/tagger.h"
#include "pipeline/textcat/textcat.h"
#include "pipeline/tok2vec/static_vectors.h"
#include "pipeline/tok2vec/tok2vec.h"

namespace pawl {

namespace {

struct Entry {
  std::string_view factory;
  Factory make;
  std::string_view defaults;      // what spaCy fills in where the block says nothing
  std::string_view tok2vec = {};  // continues the defaults' last section
};

// What most networks read tokens with.
constexpr std::string_view kHashEmbedCnn = R"(@architectures = "spacy.HashEmbedCNN.v2"
pretrained_vectors = null
width = 96
depth = 4
embed_size = 2000
window_size = 1
maxout_pieces = 3
subword_features = true
)";

constexpr std::string_view kSpanTok2Vec = R"(@architectures = "spacy.Tok2Vec.v2"
[block.model.tok2vec.embed]
@architectures = "spacy.MultiHashEmbed.v2"
width = 96
rows = [5000,1000,2500,1000]
attrs = ["NORM","PREFIX","SUFFIX","SHAPE"]
include_static_vectors = false
[block.model.tok2vec.encode]
@architectures = "spacy.MaxoutWindowEncoder.v2"
width = 96
window_size = 1
maxout_pieces = 3
depth = 4
)";
// The same, but for the embedding's version.
constexpr std::string_view kSinglelabelTok2Vec = R"(@architectures = "spacy.Tok2Vec.v2"
[block.model.tok2vec.embed]
@architectures = "spacy.MultiHashEmbed.v1"
width = 96
rows = [5000,1000,2500,1000]
attrs = ["NORM","PREFIX","SUFFIX","SHAPE"]
include_static_vectors = false
[block.model.tok2vec.encode]
@architectures = "spacy.MaxoutWindowEncoder.v2"
width = 96
window_size = 1
maxout_pieces = 3
depth = 4
)";

constexpr std::string_view kTok2VecDefaults = R"([block]
[block.model]
)";

constexpr std::string_view kNerDefaults = R"([block]
moves = null
update_with_oracle_cut_size = 100
incorrect_spans_key = null
[block.scorer]
@scorers = "spacy.ner_scorer.v1"
[block.model]
@architectures = "spacy.TransitionBasedParser.v2"
state_type = "ner"
extra_state_tokens = false
hidden_width = 64
maxout_pieces = 2
use_upper = true
nO = null
[block.model.tok2vec]
)";

constexpr std::string_view kTaggerDefaults = R"([block]
overwrite = false
neg_prefix = "!"
label_smoothing = 0.0
[block.scorer]
@scorers = "spacy.tagger_scorer.v1"
[block.model]
@architectures = "spacy.Tagger.v2"
nO = null
normalize = false
[block.model.tok2vec]
)";

constexpr std::string_view kMorphologizerDefaults = R"([block]
overwrite = true
extend = false
label_smoothing = 0.0
[block.scorer]
@scorers = "spacy.morphologizer_scorer.v1"
[block.model]
@architectures = "spacy.Tagger.v2"
nO = null
normalize = false
[block.model.tok2vec]
@architectures = "spacy.Tok2Vec.v2"
[block.model.tok2vec.embed]
@architectures = "spacy.CharacterEmbed.v2"
width = 128
rows = 7000
nM = 64
nC = 8
include_static_vectors = false
[block.model.tok2vec.encode]
@architectures = "spacy.MaxoutWindowEncoder.v2"
width = 128
depth = 4
window_size = 1
maxout_pieces = 3
)";

constexpr std::string_view kSenterDefaults = R"([block]
overwrite = false
[block.scorer]
@scorers = "spacy.senter_scorer.v1"
[block.model]
@architectures = "spacy.Tagger.v2"
nO = null
normalize = false
[block.model.tok2vec]
@architectures = "spacy.HashEmbedCNN.v2"
pretrained_vectors = null
width = 12
depth = 1
embed_size = 2000
window_size = 1
maxout_pieces = 2
subword_features = true
)";

constexpr std::string_view kSentencizerDefaults = R"([block]
overwrite = false
punct_chars = null
[block.scorer]
@scorers = "spacy.senter_scorer.v1"
)";

constexpr std::string_view kTrainableLemmatizerDefaults = R"([block]
backoff = "orth"
min_tree_freq = 3
overwrite = false
top_k = 1
[block.scorer]
@scorers = "spacy.lemmatizer_scorer.v1"
[block.model]
@architectures = "spacy.Tagger.v2"
nO = null
normalize = false
[block.model.tok2vec]
)";

constexpr std::string_view kAttributeRulerDefaults = R"([block]
validate = false
[block.scorer]
@scorers = "spacy.attribute_ruler_scorer.v1"
)";

constexpr std::string_view kLemmatizerDefaults = R"([block]
mode = "lookup"
model = null
overwrite = false
[block.scorer]
@scorers = "spacy.lemmatizer_scorer.v1"
)";

constexpr std::string_view kParserDefaults = R"([block]
moves = null
update_with_oracle_cut_size = 100
learn_tokens = false
min_action_freq = 30
[block.scorer]
@scorers = "spacy.parser_scorer.v1"
[block.model]
@architectures = "spacy.TransitionBasedParser.v2"
state_type = "parser"
extra_state_tokens = false
hidden_width = 64
maxout_pieces = 2
use_upper = true
nO = null
[block.model.tok2vec]
)";

constexpr std::string_view kSpancatDefaults = R"([block]
threshold = 0.5
spans_key = "sc"
max_positive = null
[block.suggester]
@misc = "spacy.ngram_suggester.v1"
sizes = [1,2,3]
[block.scorer]
@scorers = "spacy.spancat_scorer.v1"
[block.model]
@architectures = "spacy.SpanCategorizer.v1"
[block.model.scorer]
@layers = "spacy.LinearLogistic.v1"
[block.model.reducer]
@layers = "spacy.mean_max_reducer.v1"
hidden_size = 128
[block.model.tok2vec]
)";

constexpr std::string_view kSpancatSinglelabelDefaults = R"([block]
spans_key = "sc"
negative_weight = 1.0
allow_overlap = true
[block.suggester]
@misc = "spacy.ngram_suggester.v1"
sizes = [1,2,3]
[block.scorer]
@scorers = "spacy.spancat_scorer.v1"
[block.model]
@architectures = "spacy.SpanCategorizer.v1"
[block.model.scorer]
@layers = "Softmax.v2"
[block.model.reducer]
@layers = "spacy.mean_max_reducer.v1"
hidden_size = 128
[block.model.tok2vec]
)";

constexpr std::string_view kTextcatDefaults = R"([block]
threshold = 0.0
[block.scorer]
@scorers = "spacy.textcat_scorer.v2"
[block.model]
@architectures = "spacy.TextCatEnsemble.v2"
nO = null
[block.model.tok2vec]
@architectures = "spacy.Tok2Vec.v2"
[block.model.tok2vec.embed]
@architectures = "spacy.MultiHashEmbed.v2"
width = 64
rows = [2000, 2000, 500, 1000, 500]
attrs = ["NORM", "LOWER", "PREFIX", "SUFFIX", "SHAPE"]
include_static_vectors = false
[block.model.tok2vec.encode]
@architectures = "spacy.MaxoutWindowEncoder.v2"
width = 64
window_size = 1
maxout_pieces = 3
depth = 2
[block.model.linear_model]
@architectures = "spacy.TextCatBOW.v3"
exclusive_classes = true
length = 262144
ngram_size = 1
no_output_layer = false
nO = null
)";

constexpr std::string_view kEncoderDefaults = R"([block]
path = null
)";

constexpr std::string_view kHybridDefaults = R"([block]
none_of_these = null
[block.model]
@architectures = "pawl.HybridTextCat.v1"
vectors = "sentence_encoder"
hash_bits = 20
tune = true
c = 60.0
)";

constexpr std::string_view kEntityRulerDefaults = R"([block]
phrase_matcher_attr = null
validate = false
overwrite_ents = false
ent_id_sep = "||"
[block.matcher_fuzzy_compare]
@misc = "spacy.levenshtein_compare.v1"
[block.scorer]
@scorers = "spacy.entity_ruler_scorer.v1"
)";

constexpr std::string_view kFutureEntityRulerDefaults = R"([block]
phrase_matcher_attr = null
validate = false
overwrite_ents = false
ent_id_sep = "__unused__"
[block.matcher_fuzzy_compare]
@misc = "spacy.levenshtein_compare.v1"
[block.scorer]
@scorers = "spacy.entity_ruler_scorer.v1"
)";

constexpr std::string_view kSpanRulerDefaults = R"([block]
spans_key = "ruler"
spans_filter = null
annotate_ents = false
phrase_matcher_attr = null
validate = false
overwrite = true
[block.ents_filter]
@misc = "spacy.first_longest_spans_filter.v1"
[block.matcher_fuzzy_compare]
@misc = "spacy.levenshtein_compare.v1"
[block.scorer]
@scorers = "spacy.overlapping_labeled_spans_scorer.v1"
spans_key = "ruler"
)";

const std::vector<Entry>& entries() {
  static const std::vector<Entry> table = {
      {"tok2vec", make_tok2vec, kTok2VecDefaults, kHashEmbedCnn},
      {"textcat", make_textcat, kTextcatDefaults},
      {"textcat_multilabel", make_textcat, kTextcatDefaults},
      {"ner", make_ner, kNerDefaults, kHashEmbedCnn},
      {"entity_ruler", make_entity_ruler, kEntityRulerDefaults},
      {"future_entity_ruler", make_span_ruler, kFutureEntityRulerDefaults},
      {"span_ruler", make_span_ruler, kSpanRulerDefaults},
      {"tagger", make_tagger, kTaggerDefaults, kHashEmbedCnn},
      {"morphologizer", make_morphologizer, kMorphologizerDefaults},
      {"senter", make_senter, kSenterDefaults},
      {"sentencizer", make_sentencizer, kSentencizerDefaults},
      {"trainable_lemmatizer", make_trainable_lemmatizer, kTrainableLemmatizerDefaults,
       kHashEmbedCnn},
      {"lemmatizer", make_lemmatizer, kLemmatizerDefaults},
      {"spancat", make_spancat, kSpancatDefaults, kSpanTok2Vec},
      {"spancat_singlelabel", make_spancat, kSpancatSinglelabelDefaults, kSinglelabelTok2Vec},
      {"parser", make_parser, kParserDefaults, kHashEmbedCnn},
      {"attribute_ruler", make_attribute_ruler, kAttributeRulerDefaults},
      {"pawl_sentence_encoder", make_sentence_encoder, kEncoderDefaults},
      {"pawl_hybrid_textcat", make_hybrid_textcat, kHybridDefaults},
  };
  return table;
}

const Entry* find_entry(std::string_view factory) {
  for (const Entry& entry : entries()) {
    if (entry.factory == factory) return &entry;
  }
  return nullptr;
}

}  // namespace

Factory find_factory(std::string_view factory) {
  const Entry* entry = find_entry(factory);
  return entry ? entry->make : nullptr;
}

void fill_component_defaults(Json& block) {
  const Json* factory = block.find("factory");
  const Entry* entry = factory && factory->is_string() ? find_entry(factory->as_string()) : nullptr;
  if (!entry) return;
  ConfigOptions options;
  if (entry->factory == "textcat_multilabel") {
    options.overrides = {{"block.threshold", 0.5},
                         {"block.scorer.@scorers", "spacy.textcat_multilabel_scorer.v2"},
                         {"block.model.linear_model.exclusive_classes", false}};
  }
  const std::string text = std::string(entry->defaults) + std::string(entry->tok2vec);
  const Json defaults = parse_config(text, "component defaults", options);
  merge_config_defaults(block, defaults.at("block"));
}

std::unique_ptr<Component> make_component(const std::string& name, const Json& config,
                                          std::shared_ptr<Vocab> vocab) {
  const std::string where = "components." + name;
  const Json* factory = config.find("factory");
  if (!factory || !factory->is_string()) {
    throw Error(ErrorKind::kFormat, where + ".factory: missing; it names what the component is");
  }
  const Entry* entry = find_entry(factory->as_string());
  if (!entry) {
    throw Error(ErrorKind::kUnsupported,
                where + ".factory: pawl cannot run '" + factory->as_string() + "'");
  }
  Json block = config;
  fill_component_defaults(block);
  auto component = entry->make(name, block, vocab);
  if (auto* trainable = dynamic_cast<TrainableComponent*>(component.get()))
    set_vector_widths(trainable->model(), *vocab);
  return component;
}

}  // namespace pawl
