# The Python extension pawl._native, and beside it a package that runs from the build folder: with
# PYTHONPATH=build/release/python. tools/setup.sh installs it with pip out of the same folder: nothing is built twice.
option(PAWL_PYTHON "Build the Python extension where nanobind is installed" ON)
if(NOT PAWL_PYTHON OR PAWL_SANITIZE OR PAWL_FUZZ)
  return()
endif()

# The presets name the interpreter of build/venv; pip names its own.
find_package(Python 3.10 COMPONENTS Interpreter Development.Module QUIET)
if(Python_FOUND)
  execute_process(COMMAND "${Python_EXECUTABLE}" -m nanobind --cmake_dir OUTPUT_VARIABLE nanobind_folder
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT nanobind_folder)
  if(SKBUILD)
    message(FATAL_ERROR "nanobind, or Python's headers, were not found; run 'make setup' first.")
  endif()
  message(STATUS "The Python extension is left out: there is no nanobind, or there are no headers, for ${Python_EXECUTABLE}")
  return()
endif()
# As a build of pip finds it in its own environment, so do we: nothing of it is remembered.
find_package(nanobind CONFIG REQUIRED PATHS "${nanobind_folder}" NO_DEFAULT_PATH)
unset(nanobind_DIR CACHE)

set(package "${CMAKE_BINARY_DIR}/python")
file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/python/native/*.cc")
# Of the stable ABI, from CPython 3.10 on: nanobind's own part, which needs more than that ABI has,
# is the package nanobind-backend, of which there is one for each version of Python.
nanobind_add_module(pawl_python BACKEND_MODULE nanobind_backend ${sources})
set_target_properties(pawl_python PROPERTIES OUTPUT_NAME _native LIBRARY_OUTPUT_DIRECTORY "${package}/pawl")
target_include_directories(pawl_python SYSTEM PRIVATE "${nanobind_folder}/../include" "${Python_INCLUDE_DIRS}")
target_compile_options(pawl_python PRIVATE -Wall -Wextra -Wshadow -Werror -ffp-contract=off)
target_link_libraries(pawl_python PRIVATE pawl_static)
# What Python loads beside it (its own sqlite3, zlib ...) does not meet ours.
target_link_options(pawl_python PRIVATE "LINKER:--exclude-libs,ALL")

# The package's own files, seen through links.
file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE "${CMAKE_SOURCE_DIR}/python"
  "${CMAKE_SOURCE_DIR}/python/pawl/*.py*" "${CMAKE_SOURCE_DIR}/python/pawl/py.typed"
  "${CMAKE_SOURCE_DIR}/python/ai_karen_engine/*.py" "${CMAKE_SOURCE_DIR}/python/ai_karen_engine/py.typed")
list(FILTER files EXCLUDE REGEX "__pycache__")
foreach(file ${files})
  get_filename_component(folder "${file}" DIRECTORY)
  file(MAKE_DIRECTORY "${package}/${folder}")
  file(CREATE_LINK "${CMAKE_SOURCE_DIR}/python/${file}" "${package}/${file}" SYMBOLIC)
endforeach()

install(TARGETS pawl_python LIBRARY DESTINATION pawl COMPONENT python EXCLUDE_FROM_ALL)
get_filename_component(packs "${CMAKE_SOURCE_DIR}/build/language_packs" REALPATH)
install(DIRECTORY "${packs}/" DESTINATION pawl/language_packs COMPONENT python EXCLUDE_FROM_ALL OPTIONAL)
install(FILES "${CMAKE_SOURCE_DIR}/data/cold_start.jsonl" DESTINATION pawl COMPONENT python EXCLUDE_FROM_ALL)
