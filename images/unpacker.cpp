#include "images/unpacker.hpp"

#include "images/gunzip.hpp"

#include <archive.h>
#include <fmt/format.h>

namespace musterd::images {

namespace {

constexpr std::size_t unpacked_piece = 1U << 20U;

class Plain : public Decoder {
public:
    explicit Plain(PackedInput& input) : input_(input) {}
    base::Result<base::ByteView> next() override { return input_.next(); }

private:
    PackedInput& input_;
};

/// One filter of libarchive's and its format "raw".
class ThroughLibarchive : public Decoder {
public:
    explicit ThroughLibarchive(PackedInput& input)
        : input_(input), unpacked_(unpacked_piece), reader_(archive_read_new()) {}

    base::Result<void> open(int filter) {
        auto* reader = reader_.get();
        if (reader == nullptr) return base::Error("no memory to unpack");
        archive_entry* entry = nullptr;
        const bool open = archive_read_append_filter(reader, filter) == ARCHIVE_OK &&
                          archive_read_support_format_raw(reader) == ARCHIVE_OK &&
                          archive_read_open(reader, this, nullptr, read, nullptr) == ARCHIVE_OK &&
                          archive_read_next_header(reader, &entry) == ARCHIVE_OK;
        if (!open) return error();
        return {};
    }

    base::Result<base::ByteView> next() override {
        const auto count = archive_read_data(reader_.get(), unpacked_.data(), unpacked_.size());
        if (count < 0) return error();
        return base::ByteView(unpacked_).first(static_cast<std::size_t>(count));
    }

private:
    struct Close {
        void operator()(archive* reader) const { archive_read_free(reader); }
    };

    /// archive_read_callback: the next packed bytes; 0 at the end.
    static la_ssize_t read(archive* reader, void* client, const void** bytes) {
        const auto piece = static_cast<ThroughLibarchive*>(client)->input_.next();
        if (!piece) {
            archive_set_error(reader, EIO, "%s", piece.error().message().c_str());
            return -1;
        }
        *bytes = piece->data();
        return static_cast<la_ssize_t>(piece->size());
    }

    [[nodiscard]] base::Error error() const {
        const auto* reason = archive_error_string(reader_.get());
        return base::Error(reason == nullptr ? "damaged" : reason);
    }

    PackedInput& input_;
    base::Bytes unpacked_;
    std::unique_ptr<archive, Close> reader_;
};

base::Error in_words(const base::Error& error) {
    return base::Error(fmt::format("cannot be unpacked: {}", error.message()));
}

}  // namespace

struct Unpacker::State {
    PackedInput input;
    std::unique_ptr<Decoder> decoder;
};

Unpacker::Unpacker(std::unique_ptr<State> state) : state_(std::move(state)) {
}
Unpacker::Unpacker(Unpacker&&) noexcept = default;
Unpacker::~Unpacker() = default;

base::Result<Unpacker> Unpacker::open(const ByteSource& source, std::uint64_t offset, std::uint64_t length,
                                      Compression compression) {
    auto state = std::unique_ptr<State>(new State{PackedInput(source, offset, length), nullptr});
    if (compression == Compression::none) {
        state->decoder = std::make_unique<Plain>(state->input);
        return Unpacker(std::move(state));
    }
    if (compression == Compression::gzip) {
        state->decoder = make_gunzip(state->input);
        return Unpacker(std::move(state));
    }
    const auto filter = libarchive_filter(compression);
    if (filter == 0) return base::Error(fmt::format("cannot unpack {}", to_string(compression)));
    auto decoder = std::make_unique<ThroughLibarchive>(state->input);
    if (const auto opened = decoder->open(filter); !opened) return in_words(opened.error());
    state->decoder = std::move(decoder);
    return Unpacker(std::move(state));
}

base::Result<base::ByteView> Unpacker::next() {
    auto piece = state_->decoder->next();
    if (!piece) return in_words(piece.error());
    return piece;
}

std::uint64_t Unpacker::consumed() const {
    return state_->input.consumed();
}

}  // namespace musterd::images
