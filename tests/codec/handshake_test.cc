#include "codec/handshake.h"

#include <gtest/gtest.h>

#include "tests/codec/http_head_support.h"

namespace perseid {
namespace {

using test::read_head;
using test::upgrade_head;

HttpRequest good_request() {
  HttpRequest request;
  request.method = "GET";
  request.path = "/ws";
  request.host = "relay.example";
  request.upgrade_websocket = true;
  request.connection_upgrade = true;
  request.ws_key = "dGhlIHNhbXBsZSBub25jZQ==";
  request.ws_version = "13";
  return request;
}

bool has_line(const std::string& response, std::string_view line) {
  return response.find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
}

TEST(Handshake, accept_of_the_rfc) {
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(Handshake, whole_answer) {
  const auto decision = decide_upgrade(read_head(upgrade_head(), 4096).request, {});
  EXPECT_EQ(decision.error, Error::ok);
  EXPECT_EQ(decision.flavour, Flavour::json);
  EXPECT_EQ(decision.response,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

struct RequestCase {
  const char* name;
  void (*change)(HttpRequest&);
  Error want;
  const char* line;  // of the answer
};

const RequestCase kRequestCases[] = {
    {"good", [](HttpRequest&) {}, Error::ok, "Upgrade: websocket"},
    {"POST", [](HttpRequest& r) { r.method = "POST"; }, Error::method_not_allowed,
     "Allow: GET, HEAD"},
    {"lower case method", [](HttpRequest& r) { r.method = "get"; }, Error::method_not_allowed,
     "Connection: close"},
    {"no Upgrade", [](HttpRequest& r) { r.upgrade_websocket = false; }, Error::upgrade_required,
     "Upgrade: websocket"},
    {"no Connection: upgrade", [](HttpRequest& r) { r.connection_upgrade = false; },
     Error::upgrade_required, "Connection: close"},
    {"HTTP/1.0", [](HttpRequest& r) { r.http_1_1 = false; }, Error::bad_request,
     "Connection: close"},
    {"version 12", [](HttpRequest& r) { r.ws_version = "12"; }, Error::upgrade_required,
     "Sec-WebSocket-Version: 13"},
    {"version 8 and 13", [](HttpRequest& r) { r.ws_version = "8, 13"; }, Error::upgrade_required,
     "Sec-WebSocket-Version: 13"},
    {"no version", [](HttpRequest& r) { r.ws_version.clear(); }, Error::upgrade_required,
     "Sec-WebSocket-Version: 13"},
    {"no key", [](HttpRequest& r) { r.ws_key.clear(); }, Error::bad_request, "Connection: close"},
    {"key of 15 bytes", [](HttpRequest& r) { r.ws_key = "AAAAAAAAAAAAAAAAAAAA"; },
     Error::bad_request, "Connection: close"},
    {"key of 17 bytes", [](HttpRequest& r) { r.ws_key = "AAAAAAAAAAAAAAAAAAAAAAA="; },
     Error::bad_request, "Connection: close"},
    {"key not base64", [](HttpRequest& r) { r.ws_key = "dGhlIHNhbXBsZSBub25j*Q=="; },
     Error::bad_request, "Connection: close"},
    {"key twice",
     [](HttpRequest& r) { r.ws_key = "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=="; },
     Error::bad_request, "Connection: close"},
    {"foreign origin", [](HttpRequest& r) { r.origin = "https://evil.example"; }, Error::bad_origin,
     "Connection: close"},
    {"unknown subprotocols", [](HttpRequest& r) { r.subprotocols = "chat, perseid.json.v2"; },
     Error::unknown_subprotocol, "Connection: close"},
};

TEST(Handshake, table_of_requests) {
  for (const RequestCase& row : kRequestCases) {
    SCOPED_TRACE(row.name);
    HttpRequest request = good_request();
    row.change(request);
    const auto decision = decide_upgrade(request, {});
    EXPECT_EQ(decision.error, row.want);
    EXPECT_TRUE(has_line(decision.response, row.line)) << decision.response;
    const std::string status =
        row.want == Error::ok ? "101" : std::to_string(info(row.want).http_status);
    EXPECT_EQ(decision.response.substr(0, 12), "HTTP/1.1 " + status);
  }
}

TEST(Handshake, subprotocols) {
  struct Row {
    const char* offered;
    const char* picked;
    Flavour flavour;
  };
  const Row rows[] = {
      {"", "", Flavour::json},
      {" , ", "", Flavour::json},
      {"perseid.json.v1", "perseid.json.v1", Flavour::json},
      {"perseid.bin.v1", "perseid.bin.v1", Flavour::bin},
      {"x, perseid.bin.v1, perseid.json.v1", "perseid.bin.v1", Flavour::bin},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.offered);
    HttpRequest request = good_request();
    request.subprotocols = row.offered;
    const auto decision = decide_upgrade(request, {});
    EXPECT_EQ(decision.error, Error::ok);
    EXPECT_EQ(decision.subprotocol, row.picked);
    EXPECT_EQ(decision.flavour, row.flavour);
    const bool named = decision.response.find("Sec-WebSocket-Protocol") != std::string::npos;
    EXPECT_EQ(named, row.picked[0] != '\0');
  }
}

TEST(Handshake, refusal_names_the_supported_subprotocols) {
  HttpRequest request = good_request();
  request.subprotocols = "soap";
  const auto decision = decide_upgrade(request, {});
  EXPECT_NE(decision.response.find(kSubprotocolJson), std::string::npos);
  EXPECT_NE(decision.response.find(kSubprotocolBin), std::string::npos);
}

TEST(Handshake, without_subprotocol_check_none_is_picked) {
  HttpRequest request = good_request();
  request.subprotocols = "soap, perseid.bin.v1";
  const auto decision = decide_upgrade(request, {.check_subprotocol = false});
  EXPECT_EQ(decision.error, Error::ok);
  EXPECT_EQ(decision.subprotocol, "");
}

TEST(Handshake, compression_only_if_offered_and_wanted) {
  HttpRequest request = good_request();
  EXPECT_FALSE(decide_upgrade(request, {}).deflate);
  request.extensions = "permessage-deflate; client_max_window_bits";
  EXPECT_FALSE(decide_upgrade(request, {.compression = false}).deflate);
  const auto decision = decide_upgrade(request, {});
  ASSERT_TRUE(decision.deflate);
  EXPECT_TRUE(has_line(decision.response,
                       "Sec-WebSocket-Extensions: permessage-deflate; "
                       "server_no_context_takeover; client_no_context_takeover"));
}

TEST(HttpResponse, fields_and_head_only) {
  const std::string whole = http_response(200, "application/json", "{}", "X-A: b\r\n");
  EXPECT_EQ(whole,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
            "Connection: close\r\nX-Content-Type-Options: nosniff\r\nX-A: b\r\n\r\n{}");
  const std::string head = http_response(200, "application/json", "{}", "X-A: b\r\n", true);
  EXPECT_EQ(head + "{}", whole);
}

TEST(HttpResponse, every_error_with_a_status_has_a_page) {
#define X(name, close, status, text)                                      \
  if (status >= 400) {                                                    \
    const std::string page = http_error(Error::name);                     \
    EXPECT_EQ(page.find("HTTP/1.1 " + std::to_string(status) + " "), 0u); \
    EXPECT_NE(page.find(text), std::string::npos);                        \
    EXPECT_EQ(page.find("<unknown-status>"), std::string::npos);          \
  }
  PERSEID_ERRORS(X)
#undef X
}

}  // namespace
}  // namespace perseid
