#include "server/app/event_log.hpp"
#include "server/app/progress_bar.hpp"
#include "server/app/table.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace std::chrono_literals;

TEST_CASE("a table lines up its columns by what is seen, not by bytes") {
    CHECK(app::table({{"HOST", "STAGE"}, {"rück", "up"}, {"a", ""}}) ==
          "HOST  STAGE\n"
          "rück  up\n"
          "a\n");
}

TEST_CASE("progress tells share, rate and time left") {
    CHECK(app::progress_text(1'200'000, 2'400'000, 2s, "initrd.gz") ==
          "[############------------]  50 %  1.2 MB of 2.4 MB  600.0 kB/s  2.0 s left  initrd.gz");
    CHECK(app::progress_text(0, 0, 0s, "") == "[########################] 100 %  0.0 kB of 0.0 kB  ");
    CHECK(app::progress_text(3, 2, 1s, "x").starts_with("[########################] 100 %"));
}

TEST_CASE("every kind of event reads as a sentence") {
    base::Event event;
    event.host = "r640";
    event.file = "kernel";
    event.address = "10.0.0.7";
    event.sent = 8'300'000;
    event.size = 9'000'000;
    event.kind = base::EventKind::file_sent;
    event.details = {{"protocol", "http"}, {"client", "uefi_pxe"}};
    CHECK(app::describe(event) == "r640: kernel sent, 8.3 MB to 10.0.0.7 by http");
    event.reason = "client left";
    CHECK(app::describe(event) == "r640: kernel broken off after 8.3 MB of 9.0 MB to 10.0.0.7 by http: client left");
    for (int kind = 0; kind <= static_cast<int>(base::EventKind::server_started); ++kind) {
        event.kind = static_cast<base::EventKind>(kind);
        CHECK(app::describe(event).size() > std::string("r640: ").size());
    }
    event.host.clear();
    event.mac = "52:54:00:00:00:01";
    CHECK(app::describe(event).starts_with("52:54:00:00:00:01: "));
}
