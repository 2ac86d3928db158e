// The version of the library, and the namespace of its interface.
#pragma once

#define PAWL_VERSION_MAJOR 0
#define PAWL_VERSION_MINOR 1
#define PAWL_VERSION_PATCH 0
#define PAWL_VERSION_STRING "0.1.0"

// Everything below stands in pawl::v1, which programs see as pawl: a later interface can stand
// beside it. The library itself spells v1 out, for its inner types have some of the same names.
#ifdef PAWL_BUILDS_LIBRARY
#define PAWL_BEGIN_API namespace pawl::v1 {
#define PAWL_END_API }
#else
#define PAWL_BEGIN_API \
  namespace pawl {     \
  inline namespace v1 {
#define PAWL_END_API \
  }                  \
  }
#endif

PAWL_BEGIN_API

// Of the library that the program runs with, as "0.1.0".
const char* version();

PAWL_END_API
