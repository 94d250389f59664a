#include "sdk/cpp/src/room_cipher.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "codec/base64url.h"
#include "sdk/cpp/src/openssl_held.h"
#include "sdk/cpp/src/replay_window.h"
#include "sdk/cpp/src/sealed_text.h"

namespace perseid {
inline namespace sdk {
namespace {

constexpr std::string_view kInfo = "perseid room key 1";
using Nonce = std::array<u8, 12>;

using Context = Held<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

// A key that is wiped when it goes.
struct SecretKey {
  RoomKey bytes = {};
  SecretKey() = default;
  explicit SecretKey(const RoomKey& from) : bytes(from) {}
  SecretKey(const SecretKey&) = default;
  SecretKey& operator=(const SecretKey&) = default;
  ~SecretKey() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

OSSL_PARAM octets(const char* name, const void* data, std::size_t size) {
  return OSSL_PARAM_construct_octet_string(name, const_cast<void*>(data), size);
}

bool derive(const SecretKey& key, Bytes salt, SecretKey& out) {
  const Held<EVP_KDF, EVP_KDF_free> kdf(EVP_KDF_fetch(nullptr, OSSL_KDF_NAME_HKDF, nullptr));
  if (kdf == nullptr) return false;
  const Held<EVP_KDF_CTX, EVP_KDF_CTX_free> context(EVP_KDF_CTX_new(kdf.get()));
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
                               octets(OSSL_KDF_PARAM_KEY, key.bytes.data(), key.bytes.size()),
                               octets(OSSL_KDF_PARAM_SALT, salt.data(), salt.size()),
                               octets(OSSL_KDF_PARAM_INFO, kInfo.data(), kInfo.size()),
                               OSSL_PARAM_construct_end()};
  return context != nullptr &&
         EVP_KDF_derive(context.get(), out.bytes.data(), out.bytes.size(), params) == 1;
}

Nonce nonce_of(u64 counter) {
  Nonce out{};
  for (std::size_t i = 0; i < 8; ++i) out[11 - i] = static_cast<u8>(counter >> 8 * i);
  return out;
}

// Ciphertext with its tag behind it; empty: no memory.
std::vector<u8> encrypt(const SecretKey& key, u64 counter, std::string_view authenticated,
                        std::string_view plain) {
  const Nonce nonce = nonce_of(counter);
  const Context context(EVP_CIPHER_CTX_new());
  std::vector<u8> out(plain.size() + kTagBytes);
  const Bytes head = as_bytes(authenticated);
  const Bytes text = as_bytes(plain);
  int bytes = 0;
  const bool done = context != nullptr &&
                    EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.bytes.data(),
                                       nonce.data()) == 1 &&
                    EVP_EncryptUpdate(context.get(), nullptr, &bytes, head.data(),
                                      static_cast<int>(head.size())) == 1 &&
                    EVP_EncryptUpdate(context.get(), out.data(), &bytes, text.data(),
                                      static_cast<int>(text.size())) == 1 &&
                    EVP_EncryptFinal_ex(context.get(), out.data() + bytes, &bytes) == 1 &&
                    EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                                        out.data() + plain.size()) == 1;
  return done ? out : std::vector<u8>();
}

// False: it is not authentic, and `plain` stays empty.
bool decrypt(const SecretKey& key, const SealedText& from, std::string_view authenticated,
             std::string& plain) {
  const Nonce nonce = nonce_of(from.counter);
  const Context context(EVP_CIPHER_CTX_new());
  const std::size_t size = from.body.size() - kTagBytes;
  std::vector<u8> out(size + 1);
  std::array<u8, kTagBytes> tag{};
  std::copy(from.body.begin() + static_cast<std::ptrdiff_t>(size), from.body.end(), tag.begin());
  const Bytes head = as_bytes(authenticated);
  int bytes = 0;
  plain.clear();
  const bool done =
      context != nullptr &&
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.bytes.data(),
                         nonce.data()) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &bytes, head.data(),
                        static_cast<int>(head.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), out.data(), &bytes, from.body.data(),
                        static_cast<int>(size)) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), out.data() + bytes, &bytes) == 1;
  if (done) plain = as_text(Bytes(out).first(size));
  return done;
}

class AesRoomCipher final : public RoomCipher {
 public:
  explicit AesRoomCipher(const RoomCipherConfig& config)
      : current_(config.current),
        replay_window_(config.replay_window),
        senders_max_(config.senders_max) {
    for (const auto& [id, key] : config.keys) keys_.emplace(id, SecretKey(key));
  }
  bool begin(const Salt& salt) {
    salt_ = base64url(salt);
    return derive(keys_.find(current_)->second, salt, sealing_);
  }

  std::string seal(std::string_view plain, std::string_view context) override {
    if (counter_ >= kCounterEnd) return {};
    std::string out = "1." + current_ + "." + salt_ + "." + base36(counter_);
    const std::vector<u8> body = encrypt(sealing_, counter_++, out + std::string(context), plain);
    return body.empty() ? std::string() : out + "." + base64url(body);
  }

  SealFault open(std::string_view sealed, std::string_view context, bool live,
                 std::string& plain) override {
    SealedText text;
    if (!read_sealed_text(sealed, text)) return SealFault::not_sealed;
    const auto known = senders_.find(text.sender);
    Sender fresh{SecretKey(), ReplayWindow(replay_window_)};
    if (known == senders_.end()) {
      const auto key = keys_.find(text.key_id);
      if (key == keys_.end()) return SealFault::unknown_key;
      if (!derive(key->second, text.salt, fresh.key)) return SealFault::not_authentic;
    }
    Sender& sender = known != senders_.end() ? known->second : fresh;
    const std::string authenticated = std::string(text.head) + std::string(context);
    if (!decrypt(sender.key, text, authenticated, plain)) return SealFault::not_authentic;
    const SealFault fault = live ? count(text, sender, &sender == &fresh) : SealFault::none;
    if (fault != SealFault::none) plain.clear();
    return fault;
  }

 private:
  struct Sender {
    SecretKey key;
    ReplayWindow seen;
  };
  // Only what is authentic comes here: else anybody could use up window and senders.
  SealFault count(const SealedText& text, Sender& sender, bool is_new) {
    if (is_new && senders_.size() >= senders_max_) return SealFault::too_many_senders;
    if (!sender.seen.take(text.counter)) return SealFault::replayed;
    if (is_new) senders_.emplace(text.sender, std::move(sender));
    return SealFault::none;
  }

  std::map<std::string, SecretKey, std::less<>> keys_;
  std::string current_;
  u32 replay_window_;
  u32 senders_max_;
  std::string salt_;
  SecretKey sealing_;
  u64 counter_ = 0;
  std::map<std::string, Sender, std::less<>> senders_;
};

}  // namespace

RoomKey new_room_key() {
  RoomKey out{};
  // Without randomness there is no going on: a known key would be worse than none.
  if (RAND_priv_bytes(out.data(), static_cast<int>(out.size())) != 1) std::abort();
  return out;
}

std::shared_ptr<RoomCipher> RoomCipher::make(const RoomCipherConfig& config) {
  Salt salt{};
  if (RAND_bytes(salt.data(), static_cast<int>(salt.size())) != 1) return nullptr;
  return make_room_cipher(config, salt);
}

std::shared_ptr<RoomCipher> make_room_cipher(const RoomCipherConfig& config, const Salt& salt) {
  bool valid = config.keys.contains(config.current);
  for (const auto& [id, key] : config.keys) valid = valid && is_key_id(id);
  std::shared_ptr<AesRoomCipher> out;
  if (valid) out = std::make_shared<AesRoomCipher>(config);
  return out != nullptr && out->begin(salt) ? out : nullptr;
}

}  // namespace sdk
}  // namespace perseid
