#include "http/read_ahead.hpp"

#include <fcntl.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

namespace musterd::http {

namespace {

/// For less than this no disk is asked a second time.
constexpr std::uint64_t step = ReadAhead::window / 4;
/// The kernel fetches no more at one request than the disk's read_ahead_kb (128 KiB by default) or its largest
/// transfer, whatever was asked for (mm/readahead.c, force_page_cache_ra).
constexpr std::uint64_t piece = 128U << 10U;

bool in_memory(const base::FileSlice& slice, std::uint64_t place) {
    char byte = 0;
    const iovec target{&byte, 1};
    const auto count = ::preadv2(slice.fd->get(), &target, 1, static_cast<off_t>(place), RWF_NOWAIT);
    return count >= 0 || errno != EAGAIN;
}

void ask(const base::FileSlice& slice, std::uint64_t from, std::uint64_t to) {
    for (auto place = from; place < to; place += piece) {
        const auto length = static_cast<off_t>(std::min(piece, to - place));
        ::posix_fadvise(slice.fd->get(), static_cast<off_t>(place), length, POSIX_FADV_WILLNEED);
    }
}

}  // namespace

bool ReadAhead::look(const base::FileSlice& rest, std::uint64_t turn) {
    if (rest.length == 0) return true;
    const auto end = rest.offset + rest.length;
    const auto horizon = std::min(end, rest.offset + window);
    asked_ = std::max(asked_, rest.offset);
    if (horizon > asked_ && (horizon - asked_ >= step || horizon == end)) {
        // What is sent to many is in memory: then one look is enough. Where a piece of it is missing all the same, the
        // kernel's own read-ahead fetches it.
        if (!in_memory(rest, horizon - 1)) ask(rest, asked_, horizon);
        asked_ = horizon;
    }
    return in_memory(rest, std::min(end, rest.offset + turn) - 1);
}

}  // namespace musterd::http
