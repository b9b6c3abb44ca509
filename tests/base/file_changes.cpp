#include "server/base/file_changes.hpp"

#include "server/base/tasks.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>

#include <fstream>

using namespace musterd;
using namespace musterd::base;
namespace fs = std::filesystem;

namespace {

asio::awaitable<void> count(FileChanges& changes, int& seen) {
    co_await accept_cancellation();
    for (;;) {
        const bool changed = co_await changes.wait();
        if (!changed) co_return;
        ++seen;
    }
}

struct Watched {
    Watched() {
        REQUIRE(changes);
        REQUIRE(changes->watch(folder.path()));
        REQUIRE(changes->watch(folder.path()));  // twice is once
        tasks.spawn("count", count(*changes, seen));
        context.poll();
    }
    /// How often it woke up since the last call.
    int woken() {
        context.restart();
        context.poll();
        return std::exchange(seen, 0);
    }

    const support::TemporaryFolder folder;
    asio::io_context context;
    Tasks tasks{context.get_executor()};
    Result<FileChanges> changes = FileChanges::open(context.get_executor());
    int seen = 0;
};

}  // namespace

TEST_CASE("TOML files that are written, moved or removed are seen, and folders beside them; nothing else is") {
    Watched watched;
    const auto& folder = watched.folder.path();
    CHECK(watched.woken() == 0);
    {
        std::ofstream file(folder / "rack.toml");
        CHECK(watched.woken() == 0);  // not written yet
        file << "[[host]]\n";
    }
    CHECK(watched.woken() == 1);
    std::ofstream(folder / "rack.toml.swp") << "x";
    std::ofstream(folder / "musterd.log") << "x";
    CHECK(watched.woken() == 0);
    fs::rename(folder / "rack.toml.swp", folder / "rack.toml");  // as editors save
    CHECK(watched.woken() == 1);
    fs::remove(folder / "rack.toml");
    CHECK(watched.woken() == 1);
    fs::create_directory(folder / "hosts.d");
    CHECK(watched.woken() == 1);
    fs::create_symlink("somewhere", folder / "..data_tmp");
    fs::rename(folder / "..data_tmp", folder / "..data");  // as Kubernetes swaps a ConfigMap
    CHECK(watched.woken() == 1);
}

TEST_CASE("a file that is watched by its name is seen, and no other of its folder") {
    Watched watched;
    const auto folder = watched.folder.path() / "documents";
    fs::create_directory(folder);
    watched.woken();
    REQUIRE(watched.changes->watch_file(folder / "worker.yaml"));
    std::ofstream(folder / "worker.yaml") << "#cloud-config\n";
    CHECK(watched.woken() == 1);
    std::ofstream(folder / "other.yaml") << "#cloud-config\n";
    CHECK(watched.woken() == 0);
    fs::remove(folder / "worker.yaml");
    CHECK(watched.woken() == 1);
}

TEST_CASE("a folder that is not there cannot be watched, and the error names it") {
    asio::io_context context;
    auto changes = FileChanges::open(context.get_executor());
    REQUIRE(changes);
    const auto watched = changes->watch("/no/such/folder");
    REQUIRE_FALSE(watched);
    CHECK(watched.error().message().find("/no/such/folder") != std::string::npos);
}

TEST_CASE("waiting for changes of files ends with its task") {
    Watched watched;
    watched.tasks.finish();
    watched.context.restart();
    watched.context.run();
    CHECK(watched.tasks.running() == 0);
}
