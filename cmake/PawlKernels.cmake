# Each kernel file has the flags of its instruction set; nothing else has.
set_source_files_properties("${CMAKE_SOURCE_DIR}/src/math/kernels_avx2.cc"
  PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma")
set_source_files_properties("${CMAKE_SOURCE_DIR}/src/math/kernels_avx512.cc"
  PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma;-mavx512f;-mavx512bw;-mavx512dq;-mavx512vl")
