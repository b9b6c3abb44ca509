#pragma once

#include "server/base/bytes.hpp"
#include "server/base/fd.hpp"
#include "server/base/result.hpp"

#include <cstddef>
#include <cstdint>

namespace musterd::images {

/// Reads at any place of an open regular file, and never past the end that it had at first. Nothing is mapped: a file
/// that is cut while it is read must give an error, not a SIGBUS.
class IsoReader {
public:
    /// `file` must outlive the reader.
    static base::Result<IsoReader> open(const base::Fd& file);

    [[nodiscard]] std::uint64_t size() const { return size_; }
    [[nodiscard]] bool holds(std::uint64_t offset, std::uint64_t length) const {
        return offset <= size_ && length <= size_ - offset;
    }
    /// Exactly `length` bytes; an error when they do not all lie in the file.
    [[nodiscard]] base::Result<base::Bytes> read(std::uint64_t offset, std::size_t length) const;

private:
    IsoReader(const base::Fd& file, std::uint64_t size) : file_(&file), size_(size) {}

    const base::Fd* file_;
    std::uint64_t size_;
};

}  // namespace musterd::images
