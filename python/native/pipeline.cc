// Pipeline, Doc, Token, Span.
#include <pawl/pipeline.h>

#include "bindings.h"

namespace pawl_python {
namespace {

// Views that keep their document.
struct TokenView {
  pawl::Doc doc;
  std::size_t i;

  pawl::Token token() const { return doc[i]; }
  TokenView at(std::size_t other) const { return {doc, other}; }
};

struct SpanView {
  pawl::Doc doc;
  std::size_t start, end;
  std::string label;

  std::size_t size() const { return end - start; }
  std::uint32_t start_char() const { return start < doc.size() ? doc[start].start() : 0; }
  std::uint32_t end_char() const { return end > start ? doc[end - 1].end() : start_char(); }
  std::string text() const {
    std::string out;
    for (std::size_t i = start; i < end; ++i) {
      out += doc[i].text();
      if (i + 1 < end && doc[i].has_space()) out += ' ';
    }
    return out;
  }
};

nb::str str_of(std::string_view text) {
  return nb::str(text.data(), text.size());
}

nb::object json_loads(const std::string& json) {
  return nb::module_::import_("json").attr("loads")(str_of(json));
}

nb::tuple views_of(const pawl::Doc& doc, const std::vector<pawl::Span>& spans) {
  nb::list out;
  for (const pawl::Span& span : spans)
    out.append(SpanView{doc, span.start(), span.end(), span.label()});
  return nb::tuple(out);
}

std::size_t place(Py_ssize_t i, std::size_t size, const char* what) {
  const Py_ssize_t count = static_cast<Py_ssize_t>(size);
  if (i < -count || i >= count)
    throw nb::index_error((std::string(what) + " has no token " + std::to_string(i) + ", only " +
                           std::to_string(size))
                              .c_str());
  return static_cast<std::size_t>(i < 0 ? i + count : i);
}

[[noreturn]] void refuse_index(const char* of, nb::handle index) {
  throw TypeProblem(std::string("a ") + of + " is indexed with an int or a slice, not " +
                    kind_of(index));
}

SpanView slice_of(const pawl::Doc& doc, std::size_t from, std::size_t size, nb::slice slice,
                  const std::string& label) {
  const auto [start, stop, step, length] = slice.compute(size);
  if (step != 1)
    throw pawl::Error(pawl::ErrorKind::kInvalidInput, "a span has neighbouring tokens: no step");
  const std::size_t begin = from + static_cast<std::size_t>(start);
  return {doc, begin, begin + static_cast<std::size_t>(length), label};
}

nb::tuple tokens_of(const pawl::Doc& doc, std::size_t begin, std::size_t end) {
  nb::list out;
  for (std::size_t i = begin; i < end; ++i) out.append(TokenView{doc, i});
  return nb::tuple(out);
}

template <typename Wanted>
nb::tuple children_of(const TokenView& view, Wanted wanted) {
  nb::list out;
  for (std::size_t i = 0; i < view.doc.size(); ++i) {
    if (i != view.i && view.doc[i].head() == view.i && wanted(i)) out.append(view.at(i));
  }
  return nb::tuple(out);
}

bool has_annotation(const pawl::Doc& doc, const std::string& name) {
  const auto any = [&](auto said) {
    for (std::size_t i = 0; i < doc.size(); ++i) {
      if (!said(doc[i]).empty()) return true;
    }
    return false;
  };
  using pawl::Token;
  if (name == "TAG") return any([](const Token& t) { return t.tag(); });
  if (name == "POS") return any([](const Token& t) { return t.pos(); });
  if (name == "MORPH") return any([](const Token& t) { return t.morph(); });
  if (name == "LEMMA") return any([](const Token& t) { return t.lemma(); });
  if (name == "DEP" || name == "HEAD") return any([](const Token& t) { return t.dep(); });
  if (name == "ENT_IOB" || name == "ENT_TYPE")
    return any([](const Token& t) { return t.ent_iob(); });
  if (name == "SENT_START") return doc.size() == 0 || !doc.sents().empty();
  throw pawl::Error(pawl::ErrorKind::kInvalidInput,
                    "\"" + name +
                        "\" is no annotation; there are TAG, POS, MORPH, LEMMA, DEP, HEAD, "
                        "ENT_IOB, ENT_TYPE, SENT_START");
}

void bind_token(nb::module_& module) {
  nb::class_<TokenView> token(module, "Token");
  token.def_prop_ro("doc", [](const TokenView& v) { return v.doc; })
      .def_prop_ro("i", [](const TokenView& v) { return v.i; })
      .def_prop_ro("text", [](const TokenView& v) { return str_of(v.token().text()); })
      .def_prop_ro("orth_", [](const TokenView& v) { return str_of(v.token().text()); })
      .def_prop_ro("text_with_ws",
                   [](const TokenView& v) {
                     return std::string(v.token().text()) + (v.token().has_space() ? " " : "");
                   })
      .def_prop_ro("whitespace_",
                   [](const TokenView& v) { return v.token().has_space() ? " " : ""; })
      .def_prop_ro("idx", [](const TokenView& v) { return v.token().start(); })
      .def_prop_ro("head", [](const TokenView& v) { return v.at(v.token().head()); })
      .def_prop_ro(
          "children",
          [](const TokenView& v) { return children_of(v, [](std::size_t) { return true; }); })
      .def_prop_ro(
          "lefts",
          [](const TokenView& v) { return children_of(v, [&](std::size_t i) { return i < v.i; }); })
      .def_prop_ro(
          "rights",
          [](const TokenView& v) { return children_of(v, [&](std::size_t i) { return i > v.i; }); })
      .def_prop_ro("ent_iob_", [](const TokenView& v) { return str_of(v.token().ent_iob()); })
      .def_prop_ro("ent_type_", [](const TokenView& v) { return str_of(v.token().ent_type()); })
      .def("__len__", [](const TokenView& v) { return v.token().end() - v.token().start(); })
      .def("__str__", [](const TokenView& v) { return str_of(v.token().text()); })
      .def("__repr__", [](const TokenView& v) { return str_of(v.token().text()); });
#define PAWL_TEXT(name, call) \
  token.def_prop_ro(name, [](const TokenView& v) { return v.token().call(); })
  PAWL_TEXT("lower_", lower);
  PAWL_TEXT("norm_", norm);
  PAWL_TEXT("shape_", shape);
  PAWL_TEXT("prefix_", prefix);
  PAWL_TEXT("suffix_", suffix);
  PAWL_TEXT("tag_", tag);
  PAWL_TEXT("pos_", pos);
  PAWL_TEXT("morph", morph);
  PAWL_TEXT("lemma_", lemma);
  PAWL_TEXT("dep_", dep);
  PAWL_TEXT("is_alpha", is_alpha);
  PAWL_TEXT("is_ascii", is_ascii);
  PAWL_TEXT("is_digit", is_digit);
  PAWL_TEXT("is_lower", is_lower);
  PAWL_TEXT("is_upper", is_upper);
  PAWL_TEXT("is_title", is_title);
  PAWL_TEXT("is_punct", is_punct);
  PAWL_TEXT("is_space", is_space);
  PAWL_TEXT("is_stop", is_stop);
  PAWL_TEXT("like_num", like_num);
  PAWL_TEXT("like_url", like_url);
  PAWL_TEXT("like_email", like_email);
#undef PAWL_TEXT
}

void bind_span(nb::module_& module) {
  nb::class_<SpanView>(module, "Span")
      .def_prop_ro("doc", [](const SpanView& v) { return v.doc; })
      .def_ro("start", &SpanView::start)
      .def_ro("end", &SpanView::end)
      .def_prop_ro("start_char", &SpanView::start_char)
      .def_prop_ro("end_char", &SpanView::end_char)
      .def_prop_ro("text", &SpanView::text)
      .def_ro("label_", &SpanView::label)
      .def("__len__", &SpanView::size)
      .def("__iter__", [](const SpanView& v) { return nb::iter(tokens_of(v.doc, v.start, v.end)); })
      .def("__getitem__",
           [](const SpanView& v, Py_ssize_t i) {
             return TokenView{v.doc, v.start + place(i, v.size(), "the span")};
           })
      .def("__getitem__",
           [](const SpanView& v, nb::slice slice) {
             return slice_of(v.doc, v.start, v.size(), slice, v.label);
           })
      .def("__getitem__", [](const SpanView&, nb::handle i) -> TokenView { refuse_index("span", i); })
      .def("__str__", &SpanView::text)
      .def("__repr__", &SpanView::text);
}

void bind_doc(nb::module_& module) {
  using pawl::Doc;
  nb::class_<Doc>(module, "Doc")
      .def_prop_ro("text", [](const Doc& d) { return str_of(d.text()); })
      .def_prop_ro("ents", [](const Doc& d) { return views_of(d, d.ents()); })
      .def_prop_ro("sents", [](const Doc& d) { return views_of(d, d.sents()); })
      .def_prop_ro("spans",
                   [](const Doc& d) {
                     nb::dict out;
                     for (const auto& name : d.span_groups())
                       out[nb::cast(name)] = views_of(d, d.spans(name));
                     return out;
                   })
      .def_prop_ro("cats",
                   [](const Doc& d) {
                     nb::dict out;
                     for (const auto& [label, score] : d.cats()) out[nb::cast(label)] = score;
                     return out;
                   })
      .def(
          "char_span",
          [](const Doc& d, std::uint32_t start, std::uint32_t end,
             const std::string& label) -> nb::object {
            try {
              const pawl::Span span = d.char_span(start, end, label);
              return nb::cast(SpanView{d, span.start(), span.end(), label});
            } catch (const pawl::Error&) {
              return nb::none();
            }
          },
          nb::arg("start_idx"), nb::arg("end_idx"), nb::arg("label") = "")
      .def("has_annotation", &has_annotation, nb::arg("attr"))
      .def(
          "to_spacy",
          [](nb::handle doc, nb::handle vocab) {
            return nb::module_::import_("pawl.spacy_docs").attr("one_to_spacy")(doc, vocab);
          },
          nb::arg("vocab").none())
      .def("to_json", [](const Doc& d) { return json_loads(d.to_json()); })
      .def("__len__", &Doc::size)
      .def("__iter__", [](const Doc& d) { return nb::iter(tokens_of(d, 0, d.size())); })
      .def("__getitem__",
           [](const Doc& d, Py_ssize_t i) {
             return TokenView{d, place(i, d.size(), "the document")};
           })
      .def("__getitem__",
           [](const Doc& d, nb::slice slice) { return slice_of(d, 0, d.size(), slice, ""); })
      .def("__getitem__", [](const Doc&, nb::handle i) -> TokenView { refuse_index("document", i); })
      .def("__str__", [](const Doc& d) { return str_of(d.text()); })
      .def("__repr__", [](const Doc& d) { return str_of(d.text()); });
}

std::vector<pawl::Doc> docs_of(nb::handle values) {
  std::vector<pawl::Doc> docs;
  for (const nb::handle doc : nb::cast<nb::iterable>(values))
    docs.push_back(nb::cast<pawl::Doc>(doc));
  return docs;
}

nb::bytes docbin(const std::vector<pawl::Doc>& docs) {
  std::string bytes;
  {
    const nb::gil_scoped_release unlocked;
    bytes = pawl::to_docbin(docs);
  }
  return nb::bytes(bytes.data(), bytes.size());
}

pawl::Pipeline load(const std::string& name, const std::vector<std::string>& site_packages,
                    const std::vector<std::string>& disable) {
  pawl::LoadOptions options;
  options.site_packages.assign(site_packages.begin(), site_packages.end());
  options.disable = disable;
  const nb::gil_scoped_release unlocked;
  return pawl::Pipeline::load(name, options);
}

std::vector<pawl::Doc> pipe(const pawl::Pipeline& nlp, nb::handle given) {
  const auto texts = texts_of(given, "texts");
  const nb::gil_scoped_release unlocked;
  return nlp.pipe(texts);
}

void bind_language(nb::module_& module) {
  using pawl::Pipeline;
  nb::class_<Pipeline>(module, "Pipeline")
      .def_static("load", &load, nb::arg("path_or_name"), nb::arg("site_packages"),
                  nb::arg("disable"))
      .def(
          "__call__",
          [](const Pipeline& nlp, nb::handle given) {
            const std::string text = text_of(given, "text");
            const nb::gil_scoped_release unlocked;
            return nlp(text);
          },
          nb::arg("text").none())
      .def("pipe", &pipe, nb::arg("texts").none())
      .def(
          "pipe_docbin",
          [](const Pipeline& nlp, nb::handle texts) { return docbin(pipe(nlp, texts)); },
          nb::arg("texts").none())
      .def(
          "make_doc",
          [](const Pipeline& nlp, nb::handle given) {
            const std::string text = text_of(given, "text");
            const nb::gil_scoped_release unlocked;
            return nlp.make_doc(text);
          },
          nb::arg("text").none())
      .def_prop_ro("pipe_names", &Pipeline::pipe_names)
      .def_prop_ro("component_names", &Pipeline::component_names)
      .def("labels", &Pipeline::labels, nb::arg("component"))
      .def("enable", [](const Pipeline& nlp,
                        const std::vector<std::string>& names) { return nlp.enable(names); })
      .def("disable", [](const Pipeline& nlp,
                         const std::vector<std::string>& names) { return nlp.disable(names); })
      .def_prop_ro("lang", &Pipeline::lang)
      .def_prop_ro("meta", [](const Pipeline& nlp) { return json_loads(nlp.meta_json()); })
      .def_prop_ro("config", [](const Pipeline& nlp) { return json_loads(nlp.config_json()); })
      .def_prop_ro("warnings", &Pipeline::warnings)
      .def_prop_ro("generation", &Pipeline::generation)
      .def("to_disk", [](const Pipeline& nlp, const std::string& folder) {
        const nb::gil_scoped_release unlocked;
        nlp.to_disk(folder);
      });
}

}  // namespace

void bind_pipeline(nb::module_& module) {
  bind_token(module);
  bind_span(module);
  bind_doc(module);
  bind_language(module);
  module.def("to_docbin", [](nb::handle docs) { return docbin(docs_of(docs)); }, nb::arg("docs"));
}

}  // namespace pawl_python
