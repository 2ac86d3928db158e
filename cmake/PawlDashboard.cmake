# The dashboard: web/ bundled by esbuild and embedded in the program. Nothing of it is committed but
# its sources.
set(PAWL_WEB_PACKAGES "${CMAKE_SOURCE_DIR}/build/deps/web/node_modules" CACHE PATH
    "Folder of the packages of web/package-lock.json that tools/setup.sh fetches")
file(GLOB esbuild "${PAWL_WEB_PACKAGES}/@esbuild/linux-*/bin/esbuild")
if(NOT esbuild)
  message(FATAL_ERROR "The dashboard's packages are missing from ${PAWL_WEB_PACKAGES}: run 'make setup' first.")
endif()
find_package(Python3 REQUIRED COMPONENTS Interpreter)

file(GLOB_RECURSE web_sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/web/src/*")
set(dashboard "${CMAKE_BINARY_DIR}/dashboard")
add_custom_command(
  OUTPUT "${dashboard}/app.js" "${dashboard}/app.css"
  COMMAND "${CMAKE_COMMAND}" -E env "NODE_PATH=${PAWL_WEB_PACKAGES}" "${esbuild}"
    "${CMAKE_SOURCE_DIR}/web/src/app.jsx" --bundle --minify --format=esm --target=es2021
    --jsx=automatic --jsx-import-source=preact --legal-comments=none --log-level=warning
    "--outfile=${dashboard}/app.js"
  DEPENDS ${web_sources}
  COMMENT "Bundling the dashboard" VERBATIM)
add_custom_command(
  OUTPUT "${dashboard}/embedded_files.cc"
  COMMAND Python3::Interpreter "${CMAKE_SOURCE_DIR}/tools/embed_files.py" "${dashboard}/embedded_files.cc"
    "${CMAKE_SOURCE_DIR}/web/index.html" "${CMAKE_SOURCE_DIR}/web/icon.svg" "${dashboard}/app.js" "${dashboard}/app.css"
  DEPENDS "${CMAKE_SOURCE_DIR}/tools/embed_files.py" "${CMAKE_SOURCE_DIR}/web/index.html"
    "${CMAKE_SOURCE_DIR}/web/icon.svg" "${dashboard}/app.js" "${dashboard}/app.css"
  COMMENT "Embedding the dashboard" VERBATIM)
target_sources(pawl_http PRIVATE "${dashboard}/embedded_files.cc")
