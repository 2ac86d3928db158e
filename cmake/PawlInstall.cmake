# The installed library: one archive and one shared object made of all layers, headers, and what finds them
# (find_package(pawl CONFIG), pkg-config).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(PAWL_LIBRARY_LAYERS base config math nn text pipeline training store learn service wire api)
set(PAWL_LIBRARY_NEEDS simdjson sodium zstd pcre2-8 z)

# pawl_library(NAME KIND): of the layers' object files.
function(pawl_library name kind)
  foreach(layer ${PAWL_LIBRARY_LAYERS} sqlite3)
    list(APPEND objects "$<TARGET_OBJECTS:pawl_${layer}>")
  endforeach()
  add_library(${name} ${kind} ${objects})
  set_target_properties(${name} PROPERTIES OUTPUT_NAME pawl LINKER_LANGUAGE CXX
    VERSION "${PROJECT_VERSION}" SOVERSION "${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}")
  target_include_directories(${name} INTERFACE "$<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>"
    "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  target_compile_features(${name} INTERFACE cxx_std_20)
endfunction()

pawl_library(pawl_static STATIC)
set_target_properties(pawl_static PROPERTIES EXPORT_NAME static)
target_link_libraries(pawl_static INTERFACE ${PAWL_LIBRARY_NEEDS} Threads::Threads ${CMAKE_DL_LIBS})

# Only the interface is visible: what a program brings of the same libraries does not meet ours.
pawl_library(pawl_shared SHARED)
set_target_properties(pawl_shared PROPERTIES EXPORT_NAME pawl LINK_DEPENDS "${CMAKE_SOURCE_DIR}/cmake/pawl.map")
target_link_options(pawl_shared PRIVATE "LINKER:--version-script=${CMAKE_SOURCE_DIR}/cmake/pawl.map" "LINKER:-z,defs")
target_link_libraries(pawl_shared PRIVATE ${PAWL_LIBRARY_NEEDS} Threads::Threads ${CMAKE_DL_LIBS})

install(TARGETS pawl_static pawl_shared EXPORT pawl-targets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(TARGETS pawl RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(DIRECTORY "${CMAKE_SOURCE_DIR}/include/pawl" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
# Blank pipelines begin with these; tools/setup.sh makes them.
install(DIRECTORY "${CMAKE_SOURCE_DIR}/build/language_packs" DESTINATION "${CMAKE_INSTALL_DATADIR}/pawl" OPTIONAL)

set(package "${CMAKE_INSTALL_LIBDIR}/cmake/pawl")
install(EXPORT pawl-targets NAMESPACE pawl:: DESTINATION "${package}")
configure_package_config_file("${CMAKE_SOURCE_DIR}/cmake/pawl-config.cmake.in" "${CMAKE_BINARY_DIR}/pawl-config.cmake"
  INSTALL_DESTINATION "${package}")
write_basic_package_version_file("${CMAKE_BINARY_DIR}/pawl-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_BINARY_DIR}/pawl-config.cmake" "${CMAKE_BINARY_DIR}/pawl-config-version.cmake" DESTINATION "${package}")
# Wherever it is installed: seen from the folder of the library.
file(RELATIVE_PATH PAWL_INCLUDE_FROM_LIB "/p/${CMAKE_INSTALL_LIBDIR}" "/p/${CMAKE_INSTALL_INCLUDEDIR}")
configure_file("${CMAKE_SOURCE_DIR}/cmake/pawl.pc.in" "${CMAKE_BINARY_DIR}/pawl.pc" @ONLY)
install(FILES "${CMAKE_BINARY_DIR}/pawl.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
