#include "sdk/cpp/src/dictionary_fetch.h"

#include <array>

namespace perseid {
inline namespace sdk {

DictionaryFetch::DictionaryFetch(std::unique_ptr<Transport> transport, const Url& url,
                                 std::string hash, double deadline_ms)
    : transport_(std::move(transport)),
      hash_(std::move(hash)),
      deadline_ms_(deadline_ms),
      request_("GET /dictionary/" + hash_ + " HTTP/1.1\r\nHost: " + url.host +
               "\r\nConnection: close\r\n\r\n") {}

DictionaryFetch::Status DictionaryFetch::step(double now_ms) {
  if (now_ms > deadline_ms_) return Status::failed;
  if (!connected_) {
    const Transport::Status status = transport_->connect();
    if (status != Transport::Status::ok) {
      return status == Transport::Status::again ? Status::busy : Status::failed;
    }
    connected_ = true;
  }
  while (!request_.empty()) {
    const Transport::Moved sent = transport_->write(as_bytes(request_));
    if (sent.status == Transport::Status::failed) return Status::failed;
    if (sent.status == Transport::Status::again) return Status::busy;
    request_.erase(0, sent.bytes);
  }
  return read_all() ? finish() : Status::busy;
}

// True at the end of the answer: the relay closes behind it.
bool DictionaryFetch::read_all() {
  std::array<u8, 16384> buffer;
  while (answer_.size() < kAnswerBytesMax) {
    const Transport::Moved got = transport_->read(buffer);
    if (got.status == Transport::Status::again) return false;
    if (got.status == Transport::Status::failed) return true;
    answer_.append(reinterpret_cast<const char*>(buffer.data()), got.bytes);
  }
  return true;
}

DictionaryFetch::Status DictionaryFetch::finish() {
  const std::size_t head = answer_.find("\r\n\r\n");
  if (head == std::string::npos || !answer_.starts_with("HTTP/1.1 200")) return Status::failed;
  dictionary_ = Dictionary::make(answer_.substr(head + 4));
  return dictionary_ != nullptr && dictionary_->hash() == hash_ ? Status::ready : Status::failed;
}

}  // namespace sdk
}  // namespace perseid
