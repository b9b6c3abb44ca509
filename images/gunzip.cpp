#include "images/gunzip.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <new>

namespace musterd::images {

namespace {

constexpr std::size_t unpacked_piece = 1U << 20U;

class Gunzip : public Decoder {
public:
    explicit Gunzip(PackedInput& input) : input_(input), unpacked_(unpacked_piece) {
        constexpr int gzip_only = 16 + MAX_WBITS;
        if (inflateInit2(&stream_, gzip_only) != Z_OK) throw std::bad_alloc();
    }
    ~Gunzip() override { inflateEnd(&stream_); }

    base::Result<base::ByteView> next() override {
        stream_.next_out = unpacked_.data();
        stream_.avail_out = static_cast<uInt>(unpacked_.size());
        while (!over_ && stream_.avail_out > 0) {
            const auto done = step();
            if (!done) return done.error();
        }
        return base::ByteView(unpacked_).first(unpacked_.size() - stream_.avail_out);
    }

private:
    base::Result<void> step() {
        if (stream_.avail_in == 0) {
            if (const auto fed = feed(); !fed) return fed;
        }
        if (between_members_) return begin_member();
        if (stream_.avail_in == 0) return base::Error("cut short in the middle of its gzip");
        const int result = inflate(&stream_, Z_NO_FLUSH);
        if (result == Z_STREAM_END) {
            between_members_ = true;
            return {};
        }
        if (result == Z_OK || result == Z_BUF_ERROR) return {};
        return base::Error(fmt::format("its gzip is damaged: {}", stream_.msg == nullptr ? "no gzip" : stream_.msg));
    }

    base::Result<void> feed() {
        const auto piece = input_.next();
        if (!piece) return piece.error();
        stream_.next_in = const_cast<Bytef*>(piece->data());  // zlib's own z_const does not reach C++
        stream_.avail_in = static_cast<uInt>(piece->size());
        return {};
    }

    /// Another member, or the end. The first byte of a member's magic is enough: inflate() checks the rest.
    base::Result<void> begin_member() {
        constexpr Bytef first_of_magic = 0x1f;
        if (stream_.avail_in == 0 || *stream_.next_in != first_of_magic) {
            over_ = true;
            return {};
        }
        between_members_ = false;
        if (inflateReset(&stream_) != Z_OK) return base::Error("gzip cannot be begun again");
        return {};
    }

    PackedInput& input_;
    base::Bytes unpacked_;
    z_stream stream_{};
    bool between_members_ = false;
    bool over_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_gunzip(PackedInput& input) {
    return std::make_unique<Gunzip>(input);
}

}  // namespace musterd::images
