#pragma once

#include "server/base/fd.hpp"

#include <functional>

namespace musterd::images {

/// Bytes that are read where they are wanted, so that a reader of a large file keeps little of it in memory.
class ByteSource {
public:
    virtual ~ByteSource() = default;
    [[nodiscard]] virtual std::uint64_t size() const = 0;
    /// Fills `target` with the bytes from `offset` on. Fewer bytes there are an error: what is read was announced.
    [[nodiscard]] virtual base::Result<void> read(std::uint64_t offset, std::span<std::uint8_t> target) const = 0;
};

/// An open file, which must outlive this, of a size that was asked for before.
class FileSource : public ByteSource {
public:
    FileSource(const base::Fd& fd, std::uint64_t size) : fd_(fd), size_(size) {}
    [[nodiscard]] std::uint64_t size() const override { return size_; }
    [[nodiscard]] base::Result<void> read(std::uint64_t offset, std::span<std::uint8_t> target) const override;

private:
    const base::Fd& fd_;
    std::uint64_t size_;
};

/// Bytes in memory, which must outlive this.
class MemorySource : public ByteSource {
public:
    explicit MemorySource(base::ByteView bytes) : bytes_(bytes) {}
    [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
    [[nodiscard]] base::Result<void> read(std::uint64_t offset, std::span<std::uint8_t> target) const override;

private:
    base::ByteView bytes_;
};

/// Hands `length` bytes from `offset` on to `each`, in pieces of at most 1 MiB.
base::Result<void> read_pieces(const ByteSource& source, std::uint64_t offset, std::uint64_t length,
                               const std::function<void(base::ByteView)>& each);
/// `length` bytes from `offset` on, which the caller has bounded.
base::Result<base::Bytes> read_bytes(const ByteSource& source, std::uint64_t offset, std::size_t length);

}  // namespace musterd::images
