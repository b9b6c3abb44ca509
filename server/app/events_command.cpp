#include "server/app/client.hpp"
#include "server/app/commands.hpp"
#include "server/app/event_log.hpp"
#include "server/app/page_of_events.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>

namespace musterd::app {

namespace {

void print(const base::Event& event, Output output) {
    if (output == Output::json) {
        fmt::print("{}\n", base::to_json(event));
    } else {
        fmt::print("{}  {}\n", base::to_rfc3339(event.time), describe(event));
    }
    std::fflush(stdout);
}

/// Follows across restarts of the server: the id of the last event tells where to go on.
int follow(const Client& client, EventsOptions options, Output output) {
    while (true) {
        const auto followed = client.follow(events_target(options, true), std::nullopt, [&](std::string_view data) {
            const auto event = base::event_from_json(data);
            if (!event) return false;
            options.after = event->id;
            print(*event, output);
            return true;
        });
        if (std::ferror(stdout) != 0) return done;
        if (followed) return failed;
        fmt::print(stderr, "musterd: {}; trying again\n", followed.error().message());
        std::this_thread::sleep_for(std::chrono::seconds(1));
    }
}

}  // namespace

int events(const ConfigOption& config, const EventsOptions& options, Output output) {
    const auto main_file = load_config_or_complain(config);
    if (!main_file) return failed;
    const Client client{SocketPath(*main_file)};
    auto going = options;
    const auto read = each_event(client, options, [&](const base::Event& event) {
        going.after = event.id;
        print(event, output);
    });
    if (!read) {
        fmt::print(stderr, "musterd: {}\n", read.error().message());
        return failed;
    }
    return options.follow ? follow(client, going, output) : done;
}

}  // namespace musterd::app
