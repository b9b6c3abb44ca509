#include "http/read_ahead.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

using musterd::base::Fd;
using musterd::base::FileSlice;
using musterd::http::ReadAhead;

namespace {

constexpr std::size_t size = 16U << 20U;
constexpr std::uint64_t turn = 256U << 10U;

/// A file on the disk that the tests were built on, without a name.
FileSlice file_on_disk() {
    std::string name = "read-ahead-XXXXXX";
    Fd fd(::mkstemp(name.data()));
    REQUIRE(fd);
    ::unlink(name.c_str());
    const std::string bytes(size, 'x');
    REQUIRE(::write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(size));
    REQUIRE(::fsync(fd.get()) == 0);
    return *musterd::base::whole_file(std::move(fd));
}

std::size_t pages_in_memory(const FileSlice& file) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    void* const map = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.fd->get(), 0);
    REQUIRE(map != MAP_FAILED);
    std::vector<unsigned char> pages(size / page);
    REQUIRE(::mincore(map, size, pages.data()) == 0);
    ::munmap(map, size);
    std::size_t count = 0;
    for (const auto flags : pages)
        count += flags & 1U;
    return count;
}

/// Waits for what a disk does by itself.
template <class Condition>
bool comes(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::yield();
    }
    return true;
}

}  // namespace

TEST_CASE("a window of what is not in memory is fetched before it is sent, to the end of the file") {
    auto rest = file_on_disk();
    REQUIRE(::posix_fadvise(rest.fd->get(), 0, 0, POSIX_FADV_DONTNEED) == 0);
    REQUIRE(pages_in_memory(rest) == 0);
    ReadAhead ahead;
    ahead.look(rest, turn);
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    CHECK(comes([&] { return pages_in_memory(rest) >= ReadAhead::window / page; }));
    while (rest.length > 0) {
        REQUIRE(comes([&] { return ahead.look(rest, turn); }));
        rest.offset += turn;
        rest.length -= turn;
    }
}

TEST_CASE("what is in memory may be sent at once, and so may what no disk holds") {
    ReadAhead of_file;
    CHECK(of_file.look(file_on_disk(), turn));
    const std::string bytes(100'000, 'y');
    ReadAhead of_memory;
    CHECK(of_memory.look(*musterd::base::slice_of_bytes(musterd::base::as_bytes(bytes)), turn));
    ReadAhead of_nothing;
    CHECK(of_nothing.look(*musterd::base::slice_of_bytes({}), turn));
}
