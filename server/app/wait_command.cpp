#include "server/app/commands.hpp"
#include "server/app/fetch_json.hpp"
#include "server/app/terminal.hpp"
#include "server/base/event.hpp"
#include "server/base/json.hpp"
#include "server/base/utf8.hpp"
#include "server/boots/stage.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <thread>

namespace musterd::app {

namespace {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;

/// What one waits for, in one line that is drawn over and over on a terminal; elsewhere nothing.
class Waiting {
public:
    ~Waiting() { clear(); }
    Waiting() = default;
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

    void show(const json::object& host) {
        if (!terminal_) return;
        const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start_);
        auto line = fmt::format("{}: {}, {}", base::json_text(host, "name"), base::json_text(host, "stage"),
                                base::json_text(host, "condition"));
        if (const auto reason = base::json_text(host, "reason"); !reason.empty()) line += " (" + reason + ")";
        line += fmt::format("  {}", base::humanize(elapsed));
        fmt::print(stderr, "\r{}\x1b[K", cut(base::one_line(line), standard_error_columns() - 1));
        std::fflush(stderr);
    }
    void clear() const {
        if (terminal_) fmt::print(stderr, "\r\x1b[K");
    }

private:
    bool terminal_ = ::isatty(STDERR_FILENO) == 1;
    Clock::time_point start_ = Clock::now();
};

/// True when the host is at the stage or beyond; an error when there is no such host.
base::Result<bool> reached(const Client& client, const std::string& host, boots::Stage until, std::string& seen,
                           Waiting& waiting) {
    const auto value = fetch_json(client, "/api/v1/hosts/" + escaped(host));
    if (!value) return value.error();
    waiting.show(value->get_object());
    seen = base::json_text(value->get_object(), "stage");
    const auto stage = boots::stage_from(seen);
    return stage && *stage >= until;
}

/// Waits for one host: looks when the stream of events begins, and after each event of this host. A server that is
/// away is waited for too.
int wait_for_one(const Client& client, const std::string& host, boots::Stage until, Clock::time_point deadline,
                 std::string& seen) {
    int code = timed_out;
    Waiting waiting;
    const auto look = [&](std::string_view data) {
        const auto event = base::event_from_json(data);
        if (event && !seen.empty() && event->host != host) return true;
        const auto now = reached(client, host, until, seen, waiting);
        if (!now && now.error().code() == std::errc::no_such_file_or_directory) {
            waiting.clear();
            code = complain(now.error().message());
        }
        if (now && *now) code = done;
        return code == timed_out;
    };
    while (Clock::now() < deadline) {
        seen.clear();
        const auto followed = client.follow("/api/v1/events?after=latest&follow=true", deadline, look);
        if (code != timed_out) return code;
        if (!followed)
            std::this_thread::sleep_for(
                std::min<Clock::duration>(std::chrono::milliseconds(250), deadline - Clock::now()));
    }
    return code;
}

}  // namespace

int wait_for(const ConfigOption& config, const WaitOptions& options, Output output) {
    const auto until = boots::stage_from(options.until);
    if (!until || *until == boots::Stage::none) {
        complain(fmt::format("\"{}\" is not a stage (one of {})", options.until, boots::stage_names()));
        return wrong_usage;
    }
    const auto main_file = load_config_or_complain(config);
    if (!main_file) return failed;
    const Client client{SocketPath(*main_file)};
    const auto start = Clock::now();
    json::array results;
    int worst = done;
    for (const auto& host : options.hosts) {
        std::string seen;
        const int code = wait_for_one(client, host, *until, start + options.timeout, seen);
        worst = std::max(worst, code);
        if (output == Output::json) {
            results.push_back(json::object{{"name", host}, {"stage", seen}, {"reached", code == done}});
        } else if (code == done) {
            fmt::print("{}: {} after {}\n", host, seen,
                       base::humanize(std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start)));
        } else if (code == timed_out) {
            complain(fmt::format("{}: still at {} after {}, wanted {}", host, seen.empty() ? "none" : seen,
                                 base::humanize(options.timeout), options.until));
        }
        std::fflush(stdout);
    }
    if (output == Output::json) fmt::print("{}\n", json::serialize(results));
    return worst;
}

}  // namespace musterd::app
