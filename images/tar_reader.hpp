#pragma once

#include "images/unpacker.hpp"

#include <memory>
#include <optional>
#include <string>

namespace musterd::images {

struct TarEntry {
    enum class Kind { file, folder, link, hard_link, special };
    Kind kind = Kind::file;
    std::string path;    ///< as written
    std::string target;  ///< of a link, as written
};

/// Reads a tar archive (ustar, pax, GNU) entry by entry, in one pass, through libarchive.
class TarReader {
public:
    /// `bytes` must outlive this.
    static base::Result<TarReader> open(Unpacker& bytes);
    TarReader(TarReader&&) noexcept;
    TarReader& operator=(TarReader&&) = delete;
    ~TarReader();

    /// The next entry; nothing at the end, once all bytes were read to theirs, which checks what the compression has of
    /// checksums. Errors: damaged; cut short, be it only by its end mark.
    base::Result<std::optional<TarEntry>> next();
    /// The next bytes of the entry, good until the next call; empty at its end.
    base::Result<base::ByteView> data();

private:
    struct State;
    explicit TarReader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace musterd::images
