// The schema of the store's SQLite file: its versions, and bringing a file to the newest.
// Thread: one at a time.
#pragma once

#include <string>

#include "net/store/sqlite.h"

namespace perseid {

constexpr u32 kStoreVersion = 1;
constexpr const char* kStoreFile = "perseid.sqlite";

// What begins at `path` is ours, whole, and of the newest version, once this returns an empty text;
// else it says what is wrong and what to do. Nothing that is wrong is changed.
std::string prepare_store(Sqlite& db, const std::string& path, Sqlite::Mode mode);

}  // namespace perseid
