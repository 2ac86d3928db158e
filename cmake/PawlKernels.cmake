# Each kernel file has the flags of the instruction set its name ends in; nothing else has.
file(GLOB avx2_kernels CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/math/*_avx2.cc")
file(GLOB avx512_kernels CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/math/*_avx512.cc")
set_source_files_properties(${avx2_kernels} PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma")
set_source_files_properties(${avx512_kernels} PROPERTIES
  COMPILE_OPTIONS "-mavx2;-mfma;-mavx512f;-mavx512bw;-mavx512dq;-mavx512vl")
