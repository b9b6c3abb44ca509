#include "server/app/client.hpp"
#include "server/app/commands.hpp"
#include "server/app/event_log.hpp"
#include "server/base/event.hpp"
#include "server/base/utf8.hpp"

#include <fmt/core.h>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cstdio>
#include <fstream>

namespace musterd::app {

namespace {

std::string more_of(const base::Event& event) {
    std::string more;
    for (const auto& [name, value] : event.details)
        more += fmt::format(" {}={}", name, value);
    return more;
}

/// Time since the first, what happened, and under it what was told with it.
void print(const base::Event& event, base::Time start) {
    fmt::print("{:>12}  {}\n", "+" + base::humanize(event.time - start), describe(event));
    if (const auto more = more_of(event); !more.empty()) fmt::print("{:14}{}\n", "", base::one_line(more.substr(1)));
}

}  // namespace

int explain(const ConfigOption& config, const std::string& who, Output output) {
    const auto main_file = load_config_or_complain(config);
    if (!main_file) return failed;
    const auto answer = Client(SocketPath(*main_file)).get("/api/v1/explain/" + who);
    if (!answer) return complain(answer.error().message());
    if (answer->status != 200) return complain(error_of(*answer));
    if (output == Output::json) {
        fmt::print("{}", answer->body);
        return done;
    }
    boost::json::error_code code;
    const auto events = boost::json::parse(answer->body, code);
    if (code || !events.is_array()) return complain("the server's answer is not JSON");
    std::optional<base::Time> start;
    for (const auto& each : events.get_array()) {
        const auto event = base::event_from_json(boost::json::serialize(each));
        if (!event) return complain(event.error().message());
        if (!start) {
            start = event->time;
            fmt::print("{}\n", base::to_rfc3339(*start));
        }
        print(*event, *start);
    }
    return done;
}

int explain_packets(const ConfigOption& config, const std::string& who, const std::filesystem::path& file,
                    Output output) {
    const auto main_file = load_config_or_complain(config);
    if (!main_file) return failed;
    const auto answer = Client(SocketPath(*main_file)).get("/api/v1/explain/" + who + "/packets?format=pcap");
    if (!answer) return complain(answer.error().message());
    if (answer->status != 200) return complain(error_of(*answer));
    std::ofstream made(file, std::ios::binary | std::ios::trunc);
    made << answer->body;
    made.close();
    if (!made) return complain(fmt::format("{} cannot be written", file.string()));
    if (output == Output::json)
        fmt::print("{}\n", boost::json::serialize(boost::json::object{{"file", file.string()}}));
    else
        fmt::print("{}: read it with tcpdump -vr, tshark -Vr or Wireshark\n", file.string());
    return done;
}

}  // namespace musterd::app
