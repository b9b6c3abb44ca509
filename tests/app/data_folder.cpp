#include "server/app/data_folder.hpp"

#include "server/app/socket_path.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace musterd;

TEST_CASE("a data folder is made, and held by one server at a time") {
    const support::TemporaryFolder folder;
    const auto data = folder.path() / "new/data";
    {
        const auto first = app::lock_data_folder(data);
        REQUIRE(first);
        const auto second = app::lock_data_folder(data);
        REQUIRE_FALSE(second);
        CHECK(second.error().message().find("in use by another musterd") != std::string::npos);
    }
    CHECK(app::lock_data_folder(data));
}

TEST_CASE("a data folder that cannot be is one clear line") {
    const support::TemporaryFolder folder;
    std::ofstream(folder.path() / "file") << "x";
    const auto locked = app::lock_data_folder(folder.path() / "file/data");
    REQUIRE_FALSE(locked);
    CHECK(locked.error().message().starts_with("data_dir " + (folder.path() / "file/data").string() + ": "));
}

TEST_CASE("a socket path too long for unix(7) goes by a descriptor of its folder") {
    const support::TemporaryFolder folder;
    profiles::Config config;
    config.data_dir = folder.path() / "short";
    CHECK(app::SocketPath(config).address() == (folder.path() / "short/musterd.sock").string());
    config.data_dir = folder.path() / std::string(120, 'x');
    std::filesystem::create_directories(config.data_dir);
    const app::SocketPath path(config);
    CHECK(path.address().starts_with("/proc/self/fd/"));
    CHECK(path.file() == config.data_dir / "musterd.sock");
    std::ofstream(path.address()) << "through";
    CHECK(std::filesystem::file_size(path.file()) == 7);
}
