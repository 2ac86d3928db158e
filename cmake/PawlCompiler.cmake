set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# Programs too: one precompiled header serves all.
add_compile_options(-fPIC)

find_program(PAWL_CCACHE ccache)
if(PAWL_CCACHE)
  # Without this sloppiness nothing that uses a precompiled header is cached.
  set(launcher "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros "${PAWL_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${launcher}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${launcher}")
  add_compile_options("$<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>")
endif()

add_library(pawl_options INTERFACE)
target_compile_options(pawl_options INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Werror
  # g++ 12 reports it wrongly for std::variant members.
  "$<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized;-Wno-restrict>"
  # libstdc++ 12 uses in stable_sort what it calls deprecated, and clang 19 reports it through our templates.
  "$<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>"
  # A fused multiply-add the compiler chooses by itself would make results depend on its version.
  -ffp-contract=off)
target_include_directories(pawl_options INTERFACE "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}/include")

if(PAWL_SANITIZE)
  add_compile_options(-fsanitize=${PAWL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PAWL_SANITIZE})
  if(PAWL_SANITIZE MATCHES "thread")
    add_compile_options(-Wno-tsan)  # Asio's fences, beside locks that the sanitizer sees
  endif()
endif()
if(PAWL_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# pawl_compile_quickly(TARGETS...): what nobody measures is built with less effort, which a clean build feels.
function(pawl_compile_quickly)
  foreach(target ${ARGN})
    target_compile_options(${target} PRIVATE "$<$<CONFIG:Release>:-O1>")
  endforeach()
endfunction()
