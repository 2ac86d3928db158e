# The standard library's headers, parsed once for all: half of a clean build would go into them. Sources still include
# what they use: PAWL_PRECOMPILED=OFF builds without.
option(PAWL_PRECOMPILED "Precompile the standard library's headers" ON)
if(NOT PAWL_PRECOMPILED)
  function(pawl_precompile)
  endfunction()
  function(pawl_precompile_test)
  endfunction()
  return()
endif()

# Of a precompiled header g++ 12 no longer knows that it is the system's, and reports "literal" + string wrongly.
target_compile_options(pawl_options INTERFACE
  "$<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread>")

file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/precompiled.cc" CONTENT "")
add_library(pawl_precompiled STATIC "${CMAKE_BINARY_DIR}/precompiled.cc")
target_link_libraries(pawl_precompiled PRIVATE pawl_options)
set(PAWL_STANDARD_HEADERS
  <algorithm> <array> <charconv> <chrono> <cmath> <cstdint> <cstring> <filesystem> <functional> <limits> <map> <memory>
  <mutex> <numeric> <optional> <set> <span> <string> <string_view> <unordered_map> <utility> <variant> <vector>)
target_precompile_headers(pawl_precompiled PRIVATE ${PAWL_STANDARD_HEADERS})

# pawl_precompile(TARGETS...): these targets' sources, but not those with flags of an instruction set of their own.
function(pawl_precompile)
  foreach(target ${ARGN})
    target_precompile_headers(${target} REUSE_FROM pawl_precompiled)
  endforeach()
endfunction()

# pawl_precompile_test(TARGET): the same for tests, with GoogleTest's header.
function(pawl_precompile_test target)
  if(NOT TARGET pawl_precompiled_tests)
    add_library(pawl_precompiled_tests STATIC "${CMAKE_BINARY_DIR}/precompiled.cc")
    target_link_libraries(pawl_precompiled_tests PRIVATE pawl_options GTest::gtest GTest::gmock)
    pawl_compile_quickly(pawl_precompiled_tests)
    target_precompile_headers(pawl_precompiled_tests PRIVATE ${PAWL_STANDARD_HEADERS} <gtest/gtest.h>)
  endif()
  target_precompile_headers(${target} REUSE_FROM pawl_precompiled_tests)
endfunction()
