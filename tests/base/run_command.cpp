#include "server/base/run_command.hpp"

#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace musterd;
using namespace std::chrono_literals;

namespace {

base::Result<std::string> shell(const std::string& script, const base::CommandLimits& limits = {}) {
    return base::run_command({"sh", "-c", script}, "/", limits);
}

}  // namespace

TEST_CASE("what a command prints is given as it is, and it runs in the folder without our descriptors") {
    const support::TemporaryFolder folder;
    std::ofstream(folder.path() / "secret") << "a\nb\n";
    CHECK(*base::run_command({"cat", "secret"}, folder.path()) == "a\nb\n");
    CHECK(*base::run_command({"printf", "%s|", "two words", "$HOME;"}, "/") == "two words|$HOME;|");
    CHECK(*shell("cat; printf '\\0\\377'") == std::string("\0\xff", 2));
    CHECK(*shell("ls /proc/self/fd | wc -l") == "4\n");  // 0 to 2, and ls reads the folder by one
}

TEST_CASE("a command that fails is an error that quotes nothing of it") {
    CHECK(shell("echo hunter2; echo hunter2 >&2; exit 3").error().message() == "ended with status 3");
    CHECK(shell("kill -9 $$").error().message() == "was killed by signal 9");
    CHECK(base::run_command({"/nonexistent/sops"}, "/").error().message() ==
          "cannot be run: No such file or directory");
    CHECK(base::run_command({"true"}, "/nonexistent").error().message() == "cannot be run: No such file or directory");
}

TEST_CASE("a command that prints without end, or prints nothing and stays, is ended") {
    base::CommandLimits limits;
    limits.output = 4096;
    CHECK(shell("yes", limits).error().message() == "printed more than 4 KiB");
    limits.time = 50ms;
    const auto before = std::chrono::steady_clock::now();
    CHECK(shell("sleep 60", limits).error().code() == std::errc::timed_out);
    CHECK(shell("sleep 60 & sleep 60", limits).error().code() == std::errc::timed_out);
    CHECK(shell("exec >&-; sleep 60", limits).error().message() == "took longer than 50 ms");
    CHECK(std::chrono::steady_clock::now() - before < 10s);
}

TEST_CASE("a command is ended when it is asked to stop") {
    const std::atomic<bool> stop = true;
    const auto result = base::run_command({"sleep", "60"}, "/", {}, &stop);
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == std::errc::operation_canceled);
}
