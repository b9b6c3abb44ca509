#pragma once

#include "server/base/bytes.hpp"

#include <memory>
#include <string>

struct evp_md_ctx_st;

namespace musterd::images {

/// SHA-256 (FIPS 180-4) of bytes that come piece by piece.
class Sha256 {
public:
    Sha256();
    void update(base::ByteView bytes);
    /// 64 lower-case hex digits; the object then starts afresh.
    std::string finish();

private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

std::string sha256(base::ByteView bytes);

}  // namespace musterd::images
