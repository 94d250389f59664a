# How everything here is compiled: by the whole project, and by sdk/cpp alone.
cmake_path(SET PERSEID_ROOT NORMALIZE ${CMAKE_CURRENT_LIST_DIR}/../..)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(PERSEID_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined or thread")
option(PERSEID_WERROR "Take warnings for errors" ON)

# simdjson picks its kernel at compile time: without SSE4.2 and PCLMUL it would fall back to scalar
# code. Every x86-64 server since 2010 has both; -DPERSEID_MARCH=native is free to ask for more.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(PERSEID_MARCH "x86-64-v2" CACHE STRING "Value of -march")
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(perseid_flags INTERFACE)
target_include_directories(perseid_flags INTERFACE ${PERSEID_ROOT})
target_compile_options(perseid_flags INTERFACE -Wall -Wextra -Wpedantic
  $<$<BOOL:${PERSEID_WERROR}>:-Werror> -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -fno-omit-frame-pointer)
if(PERSEID_MARCH)
  target_compile_options(perseid_flags INTERFACE -march=${PERSEID_MARCH} -mpclmul)
endif()
# g++ 12 sees overlapping copies in "text" + std::string (GCC bug 105651, mended in 13).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(perseid_flags INTERFACE -Wno-restrict)
endif()
# What makes a fault of memory harder to use; the sanitizers have better checks of their own, and
# FORTIFY_SOURCE needs an optimizer.
if(NOT PERSEID_SANITIZE AND CMAKE_BUILD_TYPE MATCHES "Rel")
  target_compile_options(perseid_flags INTERFACE -fstack-protector-strong -fstack-clash-protection
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_compile_options(perseid_flags INTERFACE -fcf-protection)
  endif()
  target_link_options(perseid_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
endif()
if(PERSEID_SANITIZE)
  target_compile_options(perseid_flags INTERFACE -fsanitize=${PERSEID_SANITIZE}
    -fno-sanitize-recover=all)
  target_link_options(perseid_flags INTERFACE -fsanitize=${PERSEID_SANITIZE})
endif()
