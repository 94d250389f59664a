# Writes ${OUTPUT}: every file of ${PAGE_DIR} as a byte array, and the table that pages.h declares.
file(GLOB files ${PAGE_DIR}/*.html ${PAGE_DIR}/*.css ${PAGE_DIR}/*.js ${PAGE_DIR}/*.svg)
list(SORT files)
set(arrays "")
set(rows "")
set(index 0)
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME)
  get_filename_component(extension ${file} LAST_EXT)
  set(type "text/plain; charset=utf-8")
  if(extension STREQUAL ".html")
    set(type "text/html; charset=utf-8")
  elseif(extension STREQUAL ".css")
    set(type "text/css; charset=utf-8")
  elseif(extension STREQUAL ".js")
    set(type "text/javascript; charset=utf-8")
  elseif(extension STREQUAL ".svg")
    set(type "image/svg+xml")
  endif()
  set(path "/${name}")
  if(name STREQUAL "index.html")
    set(path "/")
  endif()
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND arrays "// ${name}\nconstexpr unsigned char kPage${index}[] = {${bytes}0x00};\n")
  string(APPEND rows
    "      {\"${path}\", \"${type}\",\n"
    "       {reinterpret_cast<const char*>(kPage${index}), sizeof(kPage${index}) - 1}},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUTPUT}.new
  "// Made by tools/relay/embed_page.cmake.\n#include \"tools/relay/pages.h\"\n\n"
  "namespace perseid {\nnamespace {\n\n${arrays}\n}  // namespace\n\n"
  "const std::vector<EmbeddedPage>& embedded_pages() {\n"
  "  static const std::vector<EmbeddedPage> pages = {\n${rows}  };\n  return pages;\n}\n\n"
  "}  // namespace perseid\n")
file(RENAME ${OUTPUT}.new ${OUTPUT})
