#include "images/digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <new>
#include <stdexcept>

namespace musterd::images {

namespace {

/// libcrypto fails here only without memory or without SHA-256 at all; neither has an answer.
void must(int result) {
    if (result != 1) throw std::runtime_error("SHA-256 is not available from libcrypto");
}

}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const {
    EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    if (!context_) throw std::bad_alloc();
    must(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}

void Sha256::update(base::ByteView bytes) {
    must(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

std::string Sha256::finish() {
    std::array<std::uint8_t, 32> digest{};
    must(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr));
    must(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
    return base::to_hex(digest);
}

std::string sha256(base::ByteView bytes) {
    Sha256 digest;
    digest.update(bytes);
    return digest.finish();
}

}  // namespace musterd::images
