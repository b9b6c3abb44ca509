// Store::verify(): is an image still what it was when it was imported?
#include "images/digest.hpp"
#include "images/store.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>

namespace musterd::images {

namespace {

constexpr std::size_t buffer_bytes = 1U << 20U;

base::Result<std::string> digest_of_slice(const base::FileSlice& slice,
                                          const std::function<void(std::uint64_t)>& hashed) {
    base::Bytes buffer(buffer_bytes);
    Sha256 digest;
    for (std::uint64_t at = 0; at < slice.length;) {
        const auto wanted = std::min<std::uint64_t>(buffer.size(), slice.length - at);
        const auto count = ::pread(slice.fd->get(), buffer.data(), wanted, static_cast<off_t>(slice.offset + at));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return base::Error::from_errno("read");
        if (count == 0) break;
        const auto piece = base::ByteView(buffer).first(static_cast<std::size_t>(count));
        digest.update(piece);
        at += piece.size();
        hashed(piece.size());
    }
    return digest.finish();
}

}  // namespace

base::Result<void> Store::verify(const Image& image, const ProgressCallback& progress) const {
    Progress now;
    for (const auto& file : image.files) {
        now.total += file.size;
    }
    std::vector<std::string> wrong;
    for (const auto& file : image.files) {
        now.file = file.path;
        const auto slice = open_file(image, file.path);
        if (!slice) {
            wrong.push_back(fmt::format("{}: {}", file.path, slice.error().message()));
            continue;
        }
        const auto digest = digest_of_slice(*slice, [&](std::uint64_t bytes) {
            now.done += bytes;
            if (progress) progress(now);
        });
        if (digest && *digest == file.sha256) continue;
        wrong.push_back(digest
                            ? fmt::format("{}: its bytes have the SHA-256 {}, not {}", file.path, *digest, file.sha256)
                            : fmt::format("{}: {}", file.path, digest.error().message()));
    }
    if (wrong.empty()) return {};
    return base::Error(fmt::format("image {} is damaged; import it again. {}",
                                   image.name.empty() ? image.digest : image.name, fmt::join(wrong, "; ")));
}

}  // namespace musterd::images
