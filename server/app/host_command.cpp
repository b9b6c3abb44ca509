#include "server/app/commands.hpp"
#include "server/app/event_log.hpp"
#include "server/app/fetch_json.hpp"
#include "server/app/table.hpp"
#include "server/app/terminal.hpp"
#include "server/app/timeline.hpp"
#include "server/base/json.hpp"
#include "server/base/utf8.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace musterd::app {

namespace {

namespace json = boost::json;

std::string age(const std::string& since) {
    const auto time = base::parse_rfc3339(since);
    if (!time) return "-";
    return base::humanize(std::max(base::now() - *time, std::chrono::milliseconds(0))) + " ago";
}

std::vector<std::string> row_of(const json::object& host, const Terminal& terminal) {
    const auto image = base::json_text(host, "image");
    const auto reason = base::one_line(base::json_text(host, "reason"));
    const auto condition = base::json_text(host, "condition");
    return {base::json_text(host, "name"),           base::json_text(host, "stage"),
            painted(condition, condition, terminal), age(base::json_text(host, "since")),
            image.substr(0, image.find('@')),        reason};
}

std::vector<std::string> heading() {
    return {"HOST", "STAGE", "CONDITION", "SINCE", "IMAGE", "REASON"};
}

/// Each stage with its time, how long it took, and a bar.
void print_stages(const json::object& boot, const Terminal& terminal) {
    constexpr std::size_t beside = 40;  // columns of stage, time and duration
    constexpr std::size_t widest = 60;
    const auto* stages = boot.if_contains("stages");
    if (stages == nullptr || !stages->is_object()) return;
    std::vector<std::pair<base::Time, std::string>> times;
    for (const auto& [name, value] : stages->get_object()) {
        const auto time = base::parse_rfc3339(std::string(value.get_string()));
        if (time) times.emplace_back(*time, name);
    }
    const auto room = terminal.columns > beside + 10 ? terminal.columns - beside : widest - beside;
    fmt::print("{}", table(timeline(std::move(times), std::min(room, widest)), terminal.columns));
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

void print_host(const json::object& host, const Terminal& terminal) {
    fmt::print("{}", table({heading(), row_of(host, terminal)}, terminal.columns));
    const auto* boot = host.if_contains("boot");
    if (boot == nullptr || !boot->is_object()) return;
    const auto id = base::json_text(boot->get_object(), "id");
    fmt::print("\nboot {}\n", id.empty() ? "has no id yet: no script was asked for" : id);
    print_stages(boot->get_object(), terminal);
    print_bytes(boot->get_object());
}

}  // namespace

int host_list(const ConfigOption& config, Output output) {
    const auto main_file = load_config_or_complain(config);
    if (!main_file) return failed;
    const auto hosts = fetch_json(Client(SocketPath(*main_file)), "/api/v1/hosts");
    if (!hosts) return complain(hosts.error().message());
    if (output == Output::json) {
        fmt::print("{}\n", json::serialize(*hosts));
        return done;
    }
    const auto terminal = standard_output();
    std::vector<std::vector<std::string>> rows{heading()};
    for (const auto& host : hosts->get_array())
        rows.push_back(row_of(host.get_object(), terminal));
    fmt::print("{}", table(rows, terminal.columns));
    return done;
}

int host_list_unknown(const ConfigOption& config, Output output) {
    const auto main_file = load_config_or_complain(config);
    if (!main_file) return failed;
    const auto machines = fetch_json(Client(SocketPath(*main_file)), "/api/v1/machines");
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
                        base::one_line(base::json_text(details, "client")), base::json_text(details, "arch"),
                        base::one_line(base::json_text(machine, "reason"))});
    }
    fmt::print("{}", table(rows, standard_output().columns));
    return done;
}

int host_show(const ConfigOption& config, const std::string& name, Output output) {
    const auto main_file = load_config_or_complain(config);
    if (!main_file) return failed;
    const auto host = fetch_json(Client(SocketPath(*main_file)), "/api/v1/hosts/" + escaped(name));
    if (!host) return complain(host.error().message());
    if (output == Output::json) {
        fmt::print("{}\n", json::serialize(*host));
    } else {
        print_host(host->get_object(), standard_output());
    }
    return done;
}

int host_reinstall(const ConfigOption& config, const std::string& name, Output output) {
    const auto main_file = load_config_or_complain(config);
    if (!main_file) return failed;
    const auto answer = Client(SocketPath(*main_file)).ask("POST", "/api/v1/hosts/" + escaped(name) + "/reinstall");
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
    const auto answer = fetch_json(Client(SocketPath(*main_file)), "/api/v1/hosts/" + escaped(name) + "/console");
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

}  // namespace musterd::app
