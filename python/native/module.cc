// The module pawl._native: pawl's C++ interface, for the Python package around it.
#include <pawl/version.h>

#include "bindings.h"

namespace pawl_python {
namespace {

const char* name_of(pawl::ErrorKind kind) {
  switch (kind) {
    case pawl::ErrorKind::kInvalidInput:
      return "InvalidInputError";
    case pawl::ErrorKind::kFormat:
      return "FormatError";
    case pawl::ErrorKind::kNotFound:
      return "NotFoundError";
    case pawl::ErrorKind::kUnsupported:
      return "UnsupportedError";
    case pawl::ErrorKind::kIo:
      return "IoError";
    case pawl::ErrorKind::kBusy:
      return "BusyError";
    case pawl::ErrorKind::kInterrupted:
      return "InterruptedError";
    case pawl::ErrorKind::kInternal:
      break;
  }
  return "InternalError";
}

void raise(const char* name, const char* message) {
  const nb::object type = nb::module_::import_("pawl.errors").attr(name);
  PyErr_SetString(type.ptr(), message);
}

}  // namespace

// As the stable ABI tells it.
std::string kind_of(nb::handle value) {
  return nb::cast<std::string>(value.type().attr("__name__"));
}

std::string text_of(nb::handle value, const char* what) {
  if (!PyUnicode_Check(value.ptr()))
    throw TypeProblem(std::string(what) + " must be a str, not " + kind_of(value));
  Py_ssize_t size = 0;
  const char* bytes = PyUnicode_AsUTF8AndSize(value.ptr(), &size);
  if (bytes == nullptr) {
    PyErr_Clear();
    throw pawl::Error(pawl::ErrorKind::kInvalidInput,
                      std::string(what) + " holds half a surrogate pair, which is no character");
  }
  return {bytes, static_cast<std::size_t>(size)};
}

std::vector<std::string> texts_of(nb::handle values, const char* what) {
  if (PyUnicode_Check(values.ptr()) || PyBytes_Check(values.ptr()))
    throw TypeProblem(std::string(what) + " must be an iterable of str, not one text");
  PyObject* iterator = PyObject_GetIter(values.ptr());
  if (iterator == nullptr) {
    PyErr_Clear();
    throw TypeProblem(std::string(what) + " must be an iterable of str, not " +
                      kind_of(values));
  }
  const nb::object held = nb::steal(iterator);
  std::vector<std::string> out;
  while (PyObject* item = PyIter_Next(iterator)) {
    const nb::object text = nb::steal(item);
    out.push_back(text_of(text, what));
  }
  if (PyErr_Occurred() != nullptr) throw nb::python_error();
  return out;
}

void bind_errors(nb::module_&) {
  nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
    try {
      std::rethrow_exception(thrown);
    } catch (const pawl::Error& error) {
      raise(name_of(error.kind()), error.what());
    } catch (const TypeProblem& error) {
      raise("InvalidTypeError", error.what());
    }
  });
}

}  // namespace pawl_python

NB_MODULE(_native, module) {
  nb::set_leak_warnings(false);  // threads that an exit cuts off hold what they work on
  module.def("version", &pawl::version);
  pawl_python::bind_errors(module);
  pawl_python::bind_pipeline(module);
  pawl_python::bind_engine(module);
}
