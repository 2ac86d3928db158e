# Each kernel file has the flags of the instruction set its name ends with; nothing else has.
set(PAWL_FLAGS_avx2 "-mavx2;-mfma")
set(PAWL_FLAGS_avx512 "${PAWL_FLAGS_avx2};-mavx512f;-mavx512bw;-mavx512dq;-mavx512vl")
set(PAWL_FLAGS_vnni "${PAWL_FLAGS_avx512};-mavx512vnni")
foreach(set avx2 avx512 vnni)
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/math/*_kernels_${set}.cc"
       "${CMAKE_SOURCE_DIR}/src/math/kernels_${set}.cc")
  set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS "${PAWL_FLAGS_${set}}" SKIP_PRECOMPILE_HEADERS ON)
endforeach()
