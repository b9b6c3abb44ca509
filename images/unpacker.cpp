#include "images/unpacker.hpp"

#include <archive.h>
#include <fmt/format.h>

#include <algorithm>

namespace musterd::images {

namespace {

constexpr std::size_t packed_piece = 256U << 10U;
constexpr std::size_t unpacked_piece = 1U << 20U;

struct Close {
    void operator()(archive* reader) const { archive_read_free(reader); }
};

}  // namespace

struct Unpacker::State {
    const ByteSource& source;
    std::uint64_t at;
    std::uint64_t end;
    base::Bytes packed;
    base::Bytes unpacked;
    std::unique_ptr<archive, Close> reader;

    /// archive_read_callback: the next packed bytes; 0 at the end.
    static la_ssize_t read(archive* reader, void* client, const void** bytes) {
        auto& self = *static_cast<State*>(client);
        const auto piece =
            std::span(self.packed).first(std::min<std::uint64_t>(self.packed.size(), self.end - self.at));
        const auto done = self.source.read(self.at, piece);
        if (!done) {
            archive_set_error(reader, EIO, "%s", done.error().message().c_str());
            return -1;
        }
        self.at += piece.size();
        *bytes = piece.data();
        return static_cast<la_ssize_t>(piece.size());
    }

    [[nodiscard]] base::Error error() const {
        const auto* reason = archive_error_string(reader.get());
        return base::Error(fmt::format("cannot be unpacked: {}", reason == nullptr ? "damaged" : reason));
    }
};

Unpacker::Unpacker(std::unique_ptr<State> state) : state_(std::move(state)) {
}
Unpacker::Unpacker(Unpacker&&) noexcept = default;
Unpacker::~Unpacker() = default;

base::Result<Unpacker> Unpacker::open(const ByteSource& source, std::uint64_t offset, std::uint64_t length,
                                      Compression compression) {
    const auto filter = libarchive_filter(compression);
    if (filter == 0) return base::Error(fmt::format("cannot unpack {}", to_string(compression)));
    auto state = std::unique_ptr<State>(new State{source, offset, offset + length, base::Bytes(packed_piece),
                                                  base::Bytes(unpacked_piece),
                                                  std::unique_ptr<archive, Close>(archive_read_new())});
    auto* reader = state->reader.get();
    if (reader == nullptr) return base::Error("no memory to unpack");
    archive_entry* entry = nullptr;
    const bool open = archive_read_append_filter(reader, filter) == ARCHIVE_OK &&
                      archive_read_support_format_raw(reader) == ARCHIVE_OK &&
                      archive_read_open(reader, state.get(), nullptr, State::read, nullptr) == ARCHIVE_OK &&
                      archive_read_next_header(reader, &entry) == ARCHIVE_OK;
    if (!open) return state->error();
    return Unpacker(std::move(state));
}

base::Result<base::ByteView> Unpacker::next() {
    auto& buffer = state_->unpacked;
    const auto count = archive_read_data(state_->reader.get(), buffer.data(), buffer.size());
    if (count < 0) return state_->error();
    return base::ByteView(buffer).first(static_cast<std::size_t>(count));
}

}  // namespace musterd::images
