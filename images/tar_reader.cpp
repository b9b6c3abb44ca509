#include "images/tar_reader.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <locale.h>
#include <clocale>

namespace musterd::images {

namespace {

constexpr std::size_t data_piece = 1U << 20U;
/// POSIX pax, "ustar Interchange Format": two blocks of zeros end an archive; one is enough to know the end.
constexpr std::uint64_t end_mark = 512;

/// libarchive converts names by the locale, which is "C" here: for this thread, and while this lives, it is UTF-8.
class Utf8Names {
public:
    Utf8Names() : utf8_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)), before_(::uselocale(utf8_)) {}
    ~Utf8Names() {
        ::uselocale(before_);
        if (utf8_ != nullptr) ::freelocale(utf8_);
    }
    Utf8Names(const Utf8Names&) = delete;
    Utf8Names& operator=(const Utf8Names&) = delete;

private:
    locale_t utf8_;
    locale_t before_;
};

struct Close {
    void operator()(archive* reader) const { archive_read_free(reader); }
};

TarEntry::Kind kind_of(archive_entry* entry) {
    if (archive_entry_hardlink(entry) != nullptr) return TarEntry::Kind::hard_link;
    switch (archive_entry_filetype(entry)) {
        case AE_IFREG:
            return TarEntry::Kind::file;
        case AE_IFDIR:
            return TarEntry::Kind::folder;
        case AE_IFLNK:
            return TarEntry::Kind::link;
        default:
            return TarEntry::Kind::special;
    }
}

std::string text_of(const char* text) {
    return text == nullptr ? std::string() : text;
}

}  // namespace

struct TarReader::State {
    Unpacker& bytes;
    base::Bytes buffer;
    std::uint64_t given = 0;  ///< bytes handed to libarchive
    std::unique_ptr<archive, Close> reader;

    static la_ssize_t read(archive* reader, void* client, const void** bytes) {
        auto& self = *static_cast<State*>(client);
        const auto piece = self.bytes.next();
        if (!piece) {
            archive_set_error(reader, EIO, "%s", piece.error().message().c_str());
            return -1;
        }
        self.given += piece->size();
        *bytes = piece->data();
        return static_cast<la_ssize_t>(piece->size());
    }

    [[nodiscard]] base::Error error() const {
        const auto* reason = archive_error_string(reader.get());
        return base::Error(reason == nullptr ? "damaged" : reason);
    }

    /// libarchive takes an archive that just ends for a whole one.
    base::Result<void> finish() {
        const auto mark_at = static_cast<std::uint64_t>(archive_read_header_position(reader.get()));
        while (true) {
            const auto piece = bytes.next();
            if (!piece) return piece.error();
            if (piece->empty()) break;
            given += piece->size();
        }
        if (given < mark_at + end_mark) return base::Error("cut short: its end mark is missing");
        return {};
    }
};

TarReader::TarReader(std::unique_ptr<State> state) : state_(std::move(state)) {
}
TarReader::TarReader(TarReader&&) noexcept = default;
TarReader::~TarReader() = default;

base::Result<TarReader> TarReader::open(Unpacker& bytes) {
    auto state = std::unique_ptr<State>(
        new State{bytes, base::Bytes(data_piece), 0, std::unique_ptr<archive, Close>(archive_read_new())});
    auto* reader = state->reader.get();
    if (reader == nullptr) return base::Error("no memory to read an archive");
    const bool open = archive_read_support_format_tar(reader) == ARCHIVE_OK &&
                      archive_read_open(reader, state.get(), nullptr, State::read, nullptr) == ARCHIVE_OK;
    if (!open) return state->error();
    return TarReader(std::move(state));
}

base::Result<std::optional<TarEntry>> TarReader::next() {
    const Utf8Names utf8;
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(state_->reader.get(), &entry);
    if (result == ARCHIVE_EOF) {
        if (const auto whole = state_->finish(); !whole) return whole.error();
        return std::optional<TarEntry>();
    }
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) return state_->error();
    const auto kind = kind_of(entry);
    const auto* target =
        kind == TarEntry::Kind::hard_link ? archive_entry_hardlink(entry) : archive_entry_symlink(entry);
    return std::optional<TarEntry>(TarEntry{kind, text_of(archive_entry_pathname(entry)), text_of(target)});
}

base::Result<base::ByteView> TarReader::data() {
    const auto count = archive_read_data(state_->reader.get(), state_->buffer.data(), state_->buffer.size());
    if (count < 0) return state_->error();
    return base::ByteView(state_->buffer).first(static_cast<std::size_t>(count));
}

}  // namespace musterd::images
