# What codec needs, and codec: for the whole project, and for sdk/cpp alone.
find_package(PkgConfig REQUIRED)
find_package(ZLIB REQUIRED)
find_package(simdjson REQUIRED)
find_path(PERSEID_BEAST boost/beast/http.hpp REQUIRED)
find_package(OpenSSL 3.0)
if(NOT OpenSSL_FOUND)
  message(FATAL_ERROR "OpenSSL 3 is missing (Debian: libssl-dev)")
endif()
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)

# codec: pure bytes. Boost.Beast is headers only, used without its I/O.
file(GLOB PERSEID_CODEC CONFIGURE_DEPENDS ${PERSEID_ROOT}/codec/*.cc)
add_library(perseid_codec STATIC ${PERSEID_CODEC})
target_link_libraries(perseid_codec PUBLIC perseid_flags
                      PRIVATE simdjson::simdjson ZLIB::ZLIB OpenSSL::Crypto PkgConfig::ZSTD)
