#include "server/base/fd.hpp"

#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

using namespace musterd::base;
using musterd::support::TemporaryFolder;

namespace {
void write(const std::filesystem::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
}
}  // namespace

TEST_CASE("files beneath a folder open, everything that leaves it does not") {
    const TemporaryFolder folder;
    write(folder.path() / "secret", "no");
    const auto root = folder.path() / "root";
    std::filesystem::create_directories(root / "sub");
    write(root / "sub/file", "hello");
    std::filesystem::create_symlink("sub/file", root / "inside");
    std::filesystem::create_symlink("../secret", root / "outside");
    std::filesystem::create_symlink("/etc/passwd", root / "absolute");
    REQUIRE(::mkfifo((root / "fifo").c_str(), 0600) == 0);
    const auto opened = open_folder(root);
    REQUIRE(opened);

    for (const auto* good : {"sub/file", "inside", "./sub/../sub/file"}) {
        CAPTURE(good);
        CHECK(open_beneath(*opened, good));
    }
    for (const auto* bad :
         {"", "../secret", "sub/../../secret", "outside", "absolute", "/etc/passwd", "missing", "sub", "fifo"}) {
        CAPTURE(bad);
        CHECK_FALSE(open_beneath(*opened, bad));
    }
    CHECK_FALSE(open_beneath(*opened, std::string("sub/file\0x", 10)));
    CHECK(open_beneath(*opened, "missing").error().code() == std::errc::no_such_file_or_directory);
    CHECK(open_beneath(*opened, "../secret").error().code() == std::errc::cross_device_link);
}

TEST_CASE("a slice of bytes reads back and cannot be changed") {
    const auto slice = slice_of_bytes(as_bytes("#!ipxe\n"), "tag");
    REQUIRE(slice);
    CHECK(slice->length == 7);
    CHECK(slice->etag == "tag");
    char buffer[16] = {};
    CHECK(::pread(slice->fd->get(), buffer, sizeof buffer, 0) == 7);
    CHECK(std::string_view(buffer, 7) == "#!ipxe\n");
    CHECK(::pwrite(slice->fd->get(), "x", 1, 0) < 0);
}

TEST_CASE("a durable write replaces the file whole and leaves nothing beside it") {
    const TemporaryFolder folder;
    const auto file = folder.path() / "token";
    REQUIRE(write_file_durably(file, "one", 0600));
    REQUIRE(write_file_durably(file, "two", 0600));
    CHECK(*read_file(file) == "two");
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
    CHECK_FALSE(write_file_durably(folder.path() / "missing/token", "x"));
}

TEST_CASE("a file longer than the limit is refused") {
    const TemporaryFolder folder;
    write(folder.path() / "big", std::string(100, 'x'));
    CHECK(read_file(folder.path() / "big", 100));
    CHECK(read_file(folder.path() / "big", 99).error().code() == std::errc::file_too_large);
    CHECK_FALSE(read_file(folder.path()));
}

TEST_CASE("a descriptor is closed once, when its owner goes") {
    int number = -1;
    {
        Fd first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        number = first.get();
        Fd second = std::move(first);
        CHECK_FALSE(first);  // NOLINT(bugprone-use-after-move): that it is empty is the point
        CHECK(second.get() == number);
    }
    CHECK(::fcntl(number, F_GETFD) == -1);
}
