#include "server/api/console_book.hpp"

#include "server/base/utf8.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace musterd;
using namespace std::chrono_literals;
using api::ConsoleBook;
using api::ConsoleKind;

namespace {

using Lines = std::vector<std::string>;

Lines lines(ConsoleKind kind, std::string_view text) {
    return api::console_lines(kind, base::as_bytes(text));
}

const base::Tick begin = base::Tick(1h);

void say(ConsoleBook& book, const std::string& host, std::string_view text, base::Tick now = begin) {
    book.heard(host, "boot", ConsoleKind::syslog, base::as_bytes(text), base::Time(1s), now);
}

}  // namespace

TEST_CASE("console lines are what a person reads of syslog and netconsole") {
    CHECK(lines(ConsoleKind::syslog, "<6>ipxe: http://10.55.0.5:8080/boot/script... ok\n") ==
          Lines{"ipxe: http://10.55.0.5:8080/boot/script... ok"});
    CHECK(lines(ConsoleKind::syslog, "<34>Oct 11 22:14:15 r640 su: 'su root' failed") ==
          Lines{"Oct 11 22:14:15 r640 su: 'su root' failed"});
    CHECK(lines(ConsoleKind::syslog, "<13>") == Lines{});
    CHECK(lines(ConsoleKind::syslog, "<1234>x") == Lines{"<1234>x"});
    CHECK(lines(ConsoleKind::syslog, "<x>y") == Lines{"<x>y"});
    CHECK(lines(ConsoleKind::netconsole, "[    1.2] Linux version 6.1\n[    1.3] BUG\n") ==
          Lines{"[    1.2] Linux version 6.1", "[    1.3] BUG"});
    CHECK(lines(ConsoleKind::netconsole, "6,416,1758426,-;netpoll: netconsole: local port 6665\n SUBSYSTEM=net\n") ==
          Lines{"netpoll: netconsole: local port 6665", " SUBSYSTEM=net"});
    CHECK(lines(ConsoleKind::netconsole, "a;b") == Lines{"a;b"});
    CHECK(lines(ConsoleKind::netconsole, "1,2,3;b") == Lines{"1,2,3;b"});
}

TEST_CASE("binary, endless lines and many lines become a bounded number of readable ones") {
    CHECK(lines(ConsoleKind::syslog, std::string_view("a\x1b[31mred\0b\xff\xc3(", 14)) == Lines{"a [31mred b?"
                                                                                                "?("});
    const auto endless = lines(ConsoleKind::syslog, std::string(9000, 'x'));
    REQUIRE(endless.size() == 1);
    CHECK(endless[0].size() == 500);
    std::string many;
    for (int i = 0; i < 2000; ++i)
        many += "x\n";
    CHECK(lines(ConsoleKind::netconsole, many).size() == 64);
    std::mt19937 random(1);
    for (int round = 0; round < 500; ++round) {
        std::string noise(random() % 300, '\0');
        for (auto& byte : noise)
            byte = static_cast<char>(random());
        for (const auto kind : {ConsoleKind::syslog, ConsoleKind::netconsole}) {
            for (const auto& line : lines(kind, noise)) {
                CHECK(base::is_utf8(line));
                CHECK(line.size() < 504);
                CHECK(line.find_first_of(std::string_view("\0\n\r\t\x1b", 5)) == std::string::npos);
            }
        }
    }
}

TEST_CASE("a flood of one host is cut off and said, and it is heard again when it is over") {
    ConsoleBook book;
    for (int i = 0; i < 10'000; ++i)
        say(book, "loud", "x");
    say(book, "other", "I am here");
    CHECK(book.of("other").size() == 1);
    CHECK(book.of("loud").back().text.find("more than musterd keeps") != std::string::npos);
    say(book, "loud", "later", begin + 1s);
    CHECK(book.of("loud").back().text == "later");
}

TEST_CASE("what hosts say takes no more memory than allowed, and the newest lines stay") {
    ConsoleBook book;
    const std::string line(400, 'x');
    for (int i = 0; i < 2000; ++i)
        say(book, "loud", line + std::to_string(i));
    const auto kept = book.of("loud");
    CHECK(kept.size() * (400 + 112) < ConsoleBook::of_each);
    CHECK(kept.back().text == line + "1999");

    ConsoleBook small(10 * (5 + 112));
    for (int i = 10; i < 60; ++i)
        say(small, "host" + std::to_string(i), "hello");
    std::size_t all = 0;
    for (int i = 10; i < 60; ++i)
        all += small.of("host" + std::to_string(i)).size();
    CHECK(all == 10);
    CHECK(small.of("host59").size() == 1);
    CHECK(small.of("host10").empty());
    say(small, "", "nobody");
    CHECK(small.of("").empty());
}
