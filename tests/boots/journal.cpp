#include "server/boots/journal.hpp"

#include "tests/support/temporary_folder.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <vector>

using namespace musterd;
using base::Event;
using base::EventKind;

namespace {

Event event(std::string host, std::uint64_t sent = 0) {
    Event made;
    made.kind = EventKind::file_sent;
    made.host = std::move(host);
    made.sent = sent;
    return made;
}

std::vector<Event> read_all(boots::Journal& journal, std::uint64_t after = 0, const std::string& host = {}) {
    std::vector<Event> events;
    const auto read = journal.read(after, host, [&](Event one) {
        events.push_back(std::move(one));
        return true;
    });
    REQUIRE(read);
    return events;
}

base::Result<std::uint64_t> append(boots::Journal& journal, base::Event one) {
    const auto appended = journal.append({&one, 1});
    if (!appended) return appended.error();
    return one.id;
}

/// A limit on file size stands for the disk's end: write(2) fails at the same place and for the same caller.
class SmallFiles {
public:
    explicit SmallFiles(rlim_t bytes) {
        REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
        signal_ = std::signal(SIGXFSZ, SIG_IGN);
        const rlimit tight{bytes, before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
    }
    ~SmallFiles() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, signal_);
    }
    SmallFiles(const SmallFiles&) = delete;
    SmallFiles& operator=(const SmallFiles&) = delete;

private:
    rlimit before_{};
    void (*signal_)(int) = SIG_DFL;
};

std::uint64_t last_id(boots::Journal& journal) {
    std::uint64_t last = 0;
    REQUIRE(journal.read(0, {}, [&last](const Event& event) {
        last = event.id;
        return true;
    }));
    return last;
}

}  // namespace

TEST_CASE("events come back in order, from any point, for all hosts or one") {
    auto journal = boots::open_sqlite_journal({});
    REQUIRE(journal);
    auto& j = **journal;
    CHECK(last_id(j) == 0);
    CHECK(*append(j, event("a", 1)) == 1);
    CHECK(*append(j, event("b", 2)) == 2);
    CHECK(*append(j, event("a", 3)) == 3);
    CHECK(last_id(j) == 3);
    CHECK(read_all(j).size() == 3);
    CHECK(read_all(j, 1)[0].sent == 2);
    CHECK(read_all(j, 0, "a").size() == 2);
    CHECK(read_all(j, 0, "a")[1].id == 3);
    CHECK(read_all(j, 9).empty());
}

TEST_CASE("kill -9 between two events loses nothing that append returned for, and doubles nothing") {
    const support::TemporaryFolder folder;
    const auto file = folder.path() / "state.db";
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const auto child = ::fork();
    if (child == 0) {
        auto journal = boots::open_sqlite_journal(file);
        for (std::uint64_t i = 1; journal; ++i) {
            const auto id = append(**journal, event("a", i));
            if (!id || ::write(ends[1], &*id, sizeof *id) != sizeof *id) ::_exit(1);
        }
        ::_exit(1);
    }
    ::close(ends[1]);
    std::uint64_t acknowledged = 0;
    while (acknowledged < 200 && ::read(ends[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
    }
    REQUIRE(::kill(child, SIGKILL) == 0);
    ::waitpid(child, nullptr, 0);
    while (::read(ends[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
    }
    ::close(ends[0]);
    REQUIRE(acknowledged >= 200);
    auto again = boots::open_sqlite_journal(file);
    REQUIRE(again);
    const auto events = read_all(**again);
    REQUIRE(events.size() >= acknowledged);
    for (std::size_t i = 0; i < events.size(); ++i)
        CHECK(events[i].sent == i + 1);
}

TEST_CASE("a folder that is not there, a file that is no database and a newer schema are refused by name") {
    const support::TemporaryFolder folder;
    const auto missing = boots::open_sqlite_journal(folder.path() / "none/state.db");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().message().find("none/state.db") != std::string::npos);

    std::ofstream(folder.path() / "text.db") << std::string(8192, 'x');
    const auto text = boots::open_sqlite_journal(folder.path() / "text.db");
    REQUIRE_FALSE(text);
    CHECK(text.error().message().find("not a database") != std::string::npos);

    const auto newer = folder.path() / "newer.db";
    SQLite::Database(newer.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("PRAGMA user_version = 99");
    const auto refused = boots::open_sqlite_journal(newer);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message().find("newer musterd (schema 99") != std::string::npos);
}

TEST_CASE("a full disk is an error of append, and the journal goes on when there is room again") {
    const support::TemporaryFolder folder;
    auto journal = boots::open_sqlite_journal(folder.path() / "state.db");
    REQUIRE(journal);
    REQUIRE(append(**journal, event("a", 1)));
    std::uint64_t kept = 1;
    bool full = false;
    {
        const SmallFiles disk(64 * 1024);
        while (!full && kept < 10'000) {
            const auto id = append(**journal, event("a", kept + 1));
            full = !id;
            if (id) ++kept;
        }
    }
    CHECK(full);
    REQUIRE(append(**journal, event("a", kept + 1)));
    const auto events = read_all(**journal);
    REQUIRE(events.size() == kept + 1);
    CHECK(events.back().sent == kept + 1);
}

TEST_CASE("several events are kept together or not at all, and have their ids in order") {
    const support::TemporaryFolder folder;
    const auto file = folder.path() / "state.db";
    auto journal = boots::open_sqlite_journal(file);
    REQUIRE(journal);
    REQUIRE(append(**journal, event("a", 1)));
    std::vector<base::Event> some{event("a", 2), event("b", 3), event("a", 4)};
    REQUIRE((*journal)->append(some));
    CHECK(some[0].id == 2);
    CHECK(some[2].id == 4);
    CHECK(last_id(**journal) == 4);

    std::vector<base::Event> many(2000, event("c", 5));
    for (auto& each : many)
        each.reason = std::string(4096, 'x');
    {
        const SmallFiles full(64 * 1024);
        CHECK_FALSE((*journal)->append(many));
    }
    CHECK(last_id(**journal) == 4);
    REQUIRE(append(**journal, event("a", 6)));
    CHECK(read_all(**journal).size() == 5);
}

TEST_CASE("the write-ahead log is copied into the database while events go on") {
    const support::TemporaryFolder folder;
    const auto file = folder.path() / "state.db";
    auto journal = boots::open_sqlite_journal(file);
    REQUIRE(journal);
    const auto at_first = std::filesystem::file_size(file);
    auto large = event("a", 1);
    large.reason = std::string(4096, 'x');
    int appended = 0;
    while (std::filesystem::file_size(file) == at_first && appended < 100'000) {
        REQUIRE(append(**journal, large));
        ++appended;
    }
    CHECK(appended < 100'000);
    CHECK(read_all(**journal).size() == static_cast<std::size_t>(appended));
}
