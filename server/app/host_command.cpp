#include "server/app/client.hpp"
#include "server/app/commands.hpp"
#include "server/app/event_log.hpp"
#include "server/app/page_of_events.hpp"
#include "server/app/table.hpp"
#include "server/base/json.hpp"
#include "server/boots/stage.hpp"

#include <fmt/core.h>

#include <cstdio>
#include <optional>
#include <thread>

namespace musterd::app {

namespace {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;

/// The JSON that the server gives for `target`; an error when it gives another status than 200.
base::Result<json::value> fetch(const Client& client, const std::string& target) {
    const auto answer = client.get(target);
    if (!answer) return answer.error();
    if (answer->status != 200) {
        const auto code =
            answer->status == 404 ? std::make_error_code(std::errc::no_such_file_or_directory) : std::error_code{};
        return base::Error(error_of(*answer), code);
    }
    json::error_code code;
    auto value = json::parse(answer->body, code);
    if (code) return base::Error("the server's answer is not JSON");
    return value;
}

std::string age(const std::string& since) {
    const auto time = base::parse_rfc3339(since);
    if (!time) return "-";
    return base::humanize(std::max(base::now() - *time, std::chrono::milliseconds(0))) + " ago";
}

std::vector<std::string> row_of(const json::object& host) {
    const auto image = base::json_text(host, "image");
    const auto reason = base::json_text(host, "reason");
    return {base::json_text(host, "name"),       base::json_text(host, "stage"),   base::json_text(host, "condition"),
            age(base::json_text(host, "since")), image.substr(0, image.find('@')), reason};
}

std::vector<std::string> heading() {
    return {"HOST", "STAGE", "CONDITION", "SINCE", "IMAGE", "REASON"};
}

/// Each stage with its time and how long after the start of the boot it came.
void print_stages(const json::object& boot) {
    const auto start = base::parse_rfc3339(base::json_text(boot, "started"));
    const auto* stages = boot.if_contains("stages");
    if (stages == nullptr || !stages->is_object()) return;
    std::vector<std::vector<std::string>> rows{{"  STAGE", "TIME", "FROM SCRIPT"}};
    for (const auto& [name, value] : stages->get_object()) {
        const std::string text(value.get_string());
        const auto time = base::parse_rfc3339(text);
        const auto from = time && start && *time >= *start ? "+" + base::humanize(*time - *start) : std::string();
        rows.push_back({"  " + std::string(name), text, from});
    }
    fmt::print("{}", table(rows));
}

void print_bytes(const json::object& boot) {
    const auto* files = boot.if_contains("bytes");
    if (files == nullptr || !files->is_object() || files->get_object().empty()) return;
    std::vector<std::vector<std::string>> rows{{"  FILE", "SENT", "OF"}};
    for (const auto& [name, value] : files->get_object()) {
        const auto& progress = value.get_object();
        rows.push_back({"  " + std::string(name), megabytes(base::json_count(progress, "sent").value_or(0)),
                        megabytes(base::json_count(progress, "size").value_or(0))});
    }
    fmt::print("{}", table(rows));
}

void print_host(const json::object& host) {
    fmt::print("{}", table({heading(), row_of(host)}));
    const auto* boot = host.if_contains("boot");
    if (boot == nullptr || !boot->is_object()) return;
    const auto id = base::json_text(boot->get_object(), "id");
    fmt::print("\nboot {}\n", id.empty() ? "has no id yet: no script was asked for" : id);
    print_stages(boot->get_object());
    print_bytes(boot->get_object());
}

/// True when the host is at the stage or beyond; an error when there is no such host.
base::Result<bool> reached(const Client& client, const std::string& host, boots::Stage until, std::string& seen) {
    const auto value = fetch(client, "/api/v1/hosts/" + host);
    if (!value) return value.error();
    seen = base::json_text(value->get_object(), "stage");
    const auto stage = boots::stage_from(seen);
    return stage && *stage >= until;
}

/// Waits for one host: looks when the stream of events begins, and after each event of this host. A server that is
/// away is waited for too.
int wait_for_one(const Client& client, const std::string& host, boots::Stage until, Clock::time_point deadline,
                 std::string& seen) {
    int code = timed_out;
    const auto look = [&](std::string_view data) {
        const auto event = base::event_from_json(data);
        if (event && !seen.empty() && event->host != host) return true;
        const auto now = reached(client, host, until, seen);
        if (!now && now.error().code() == std::errc::no_such_file_or_directory) code = complain(now.error().message());
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

int host_list(const ConfigOption& config, Output output) {
    const auto main_file = load_config_or_complain(config);
    if (!main_file) return failed;
    const auto hosts = fetch(Client(SocketPath(*main_file)), "/api/v1/hosts");
    if (!hosts) return complain(hosts.error().message());
    if (output == Output::json) {
        fmt::print("{}\n", json::serialize(*hosts));
        return done;
    }
    std::vector<std::vector<std::string>> rows{heading()};
    for (const auto& host : hosts->get_array())
        rows.push_back(row_of(host.get_object()));
    fmt::print("{}", table(rows));
    return done;
}

int host_list_unknown(const ConfigOption& config, Output output) {
    const auto main_file = load_config_or_complain(config);
    if (!main_file) return failed;
    const auto machines = fetch(Client(SocketPath(*main_file)), "/api/v1/machines");
    if (!machines) return complain(machines.error().message());
    if (output == Output::json) {
        fmt::print("{}\n", json::serialize(*machines));
        return done;
    }
    std::vector<std::vector<std::string>> rows{{"MAC", "SEEN", "TIMES", "CLIENT", "ARCH", "REASON"}};
    for (const auto& each : machines->get_array()) {
        const auto& machine = each.get_object();
        const auto& details = machine.at("details").get_object();
        rows.push_back({base::json_text(machine, "mac"), age(base::json_text(machine, "last")),
                        std::to_string(base::json_count(machine, "times").value_or(0)),
                        base::json_text(details, "client"), base::json_text(details, "arch"),
                        base::json_text(machine, "reason")});
    }
    fmt::print("{}", table(rows));
    return done;
}

int host_show(const ConfigOption& config, const std::string& name, Output output) {
    const auto main_file = load_config_or_complain(config);
    if (!main_file) return failed;
    const auto host = fetch(Client(SocketPath(*main_file)), "/api/v1/hosts/" + name);
    if (!host) return complain(host.error().message());
    if (output == Output::json) {
        fmt::print("{}\n", json::serialize(*host));
    } else {
        print_host(host->get_object());
    }
    return done;
}

int host_reinstall(const ConfigOption& config, const std::string& name, Output output) {
    const auto main_file = load_config_or_complain(config);
    if (!main_file) return failed;
    const auto answer = Client(SocketPath(*main_file)).post(fmt::format("/api/v1/hosts/{}/reinstall", name));
    if (!answer) return complain(answer.error().message());
    if (answer->status != 200) return complain(error_of(*answer));
    if (output == Output::json)
        fmt::print("{}", answer->body);
    else
        fmt::print("{}: its next boot installs it anew and writes its disk\n", name);
    return done;
}

int host_console(const ConfigOption& config, const std::string& name, Output output) {
    const auto main_file = load_config_or_complain(config);
    if (!main_file) return failed;
    const auto answer = fetch(Client(SocketPath(*main_file)), "/api/v1/hosts/" + name + "/console");
    if (!answer) return complain(answer.error().message());
    if (output == Output::json) {
        fmt::print("{}\n", json::serialize(*answer));
        return done;
    }
    std::string boot;
    for (const auto& each : answer->get_object().at("lines").get_array()) {
        const auto& line = each.get_object();
        if (const auto in = base::json_text(line, "boot"); in != boot) {
            fmt::print("-- {}\n", in.empty() ? "before its script" : "boot " + in);
            boot = in;
        }
        fmt::print("{}  {}\n", base::json_text(line, "time"), base::json_text(line, "text"));
    }
    return done;
}

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
