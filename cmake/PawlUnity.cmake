# Sources of one folder compiled as one: most of a clean build goes into templates that every source would instantiate
# anew. Who changes sources all day builds with PAWL_UNITY=OFF, where a change compiles one file.
option(PAWL_UNITY "Compile the sources of a folder together" ON)

# Of a large folder about this many.
set(PAWL_UNITY_SOURCES 10)

# pawl_unite(TARGET SOURCES...): sources with flags of their own stay alone. Which sources go together depends on their
# names alone, so that a new one changes no other group.
function(pawl_unite target)
  if(NOT PAWL_UNITY)
    return()
  endif()
  # A class of one source may hold what only that source knows.
  target_compile_options(${target} PRIVATE "$<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-subobject-linkage>")
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  foreach(source ${ARGN})
    get_filename_component(folder "${source}" DIRECTORY)
    get_filename_component(name "${source}" NAME_WE)
    set(fellows ${ARGN})
    list(FILTER fellows INCLUDE REGEX "^${folder}/[^/]*$")
    list(LENGTH fellows count)
    math(EXPR parts "(${count} + ${PAWL_UNITY_SOURCES} - 1) / ${PAWL_UNITY_SOURCES}")
    string(MD5 digest "${name}")
    string(SUBSTRING "${digest}" 0 6 digits)
    math(EXPR part "0x${digits} % ${parts}")
    file(RELATIVE_PATH group "${CMAKE_SOURCE_DIR}" "${folder}")
    string(REPLACE "/" "_" group "${group}_${part}")
    set_source_files_properties("${source}" PROPERTIES UNITY_GROUP "${group}")
  endforeach()
endfunction()
