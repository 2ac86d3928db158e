# Which outside library each layer uses; a library named here is used nowhere else.
find_package(PkgConfig REQUIRED)
find_package(simdjson REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
find_package(ZLIB REQUIRED)
find_package(Threads REQUIRED)
find_package(GTest REQUIRED)
find_package(OpenSSL REQUIRED)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
find_package(Boost 1.81 REQUIRED)  # Asio and Beast, headers alone

function(pawl_use layer)
  get_target_property(type pawl_${layer} TYPE)
  if(type STREQUAL "INTERFACE_LIBRARY")
    target_link_libraries(pawl_${layer} INTERFACE ${ARGN})
  else()
    target_link_libraries(pawl_${layer} PRIVATE ${ARGN})
  endif()
endfunction()

pawl_use(base simdjson::simdjson PkgConfig::SODIUM PkgConfig::ZSTD Threads::Threads)
pawl_use(text PkgConfig::PCRE2)
pawl_use(training ZLIB::ZLIB)
pawl_use(learn PkgConfig::PCRE2)
pawl_use(http OpenSSL::SSL OpenSSL::Crypto PkgConfig::CURL Boost::boost)

if(EXISTS "${PAWL_SQLITE_DIR}/sqlite3.c")
  add_library(pawl_sqlite3 STATIC "${PAWL_SQLITE_DIR}/sqlite3.c")
  target_include_directories(pawl_sqlite3 SYSTEM PUBLIC "${PAWL_SQLITE_DIR}")
  target_compile_definitions(pawl_sqlite3 PRIVATE
    SQLITE_THREADSAFE=1 SQLITE_DQS=0 SQLITE_OMIT_LOAD_EXTENSION SQLITE_OMIT_DEPRECATED
    SQLITE_ENABLE_FTS5 SQLITE_SECURE_DELETE SQLITE_DEFAULT_FOREIGN_KEYS=1)
  # -O2 takes three times as long to build, and what SQLite does here waits for the disk.
  target_compile_options(pawl_sqlite3 PRIVATE -w -O1)
  target_link_libraries(pawl_sqlite3 PRIVATE Threads::Threads m)
  pawl_use(store pawl_sqlite3)
else()
  message(FATAL_ERROR "The pinned SQLite source is missing from ${PAWL_SQLITE_DIR}: run 'make setup' first.")
endif()
