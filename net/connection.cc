#include "net/connection.h"

#include "net/echo.h"
#include "net/upgrade.h"

namespace perseid {

// Here, where its parts are known.
Connection::Connection() = default;
Connection::~Connection() = default;

}  // namespace perseid
