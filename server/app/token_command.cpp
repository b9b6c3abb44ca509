#include "server/app/client.hpp"
#include "server/app/commands.hpp"
#include "server/app/table.hpp"
#include "server/base/json.hpp"

#include <fmt/core.h>

namespace musterd::app {

namespace {

namespace json = boost::json;

/// What the server answers, if it does as it is asked; nothing after a complaint.
std::optional<std::string> ask(const ConfigOption& config, const std::string& method, const std::string& target,
                               const std::string& body = {}) {
    const auto main_file = load_config_or_complain(config);
    if (!main_file) return std::nullopt;
    const auto answer = Client(SocketPath(*main_file)).ask(method, target, body);
    if (answer && answer->status < 300) return answer->body;
    complain(answer ? error_of(*answer) : answer.error().message());
    return std::nullopt;
}

}  // namespace

int token_create(const ConfigOption& config, const std::string& name, const std::string& role, Output output) {
    const auto body = json::serialize(json::object{{"name", name}, {"role", role}});
    const auto answer = ask(config, "POST", "/api/v1/tokens", body);
    if (!answer) return failed;
    if (output == Output::json) {
        fmt::print("{}", *answer);
        return done;
    }
    const auto made = base::parse_json_object(*answer);
    if (!made) return complain("the server's answer is not JSON");
    fmt::print("{}\n", base::json_text(*made, "token"));
    fmt::print(stderr, "token \"{}\", role {}; it is not to be had again\n", name, role);
    return done;
}

int token_list(const ConfigOption& config, Output output) {
    const auto answer = ask(config, "GET", "/api/v1/tokens");
    if (!answer) return failed;
    if (output == Output::json) {
        fmt::print("{}", *answer);
        return done;
    }
    json::error_code code;
    const auto list = json::parse(*answer, code);
    if (code || !list.is_array()) return complain("the server's answer is not JSON");
    std::vector<std::vector<std::string>> rows{{"NAME", "ROLE", "CREATED"}};
    for (const auto& each : list.get_array()) {
        const auto& token = each.as_object();
        const auto created = base::json_text(token, "created");
        rows.push_back({base::json_text(token, "name"), base::json_text(token, "role"),
                        created.empty() ? "the file token in data_dir" : created});
    }
    fmt::print("{}", table(rows));
    return done;
}

int token_remove(const ConfigOption& config, const std::string& name, Output output) {
    if (!ask(config, "DELETE", "/api/v1/tokens/" + escaped(name))) return failed;
    if (output == Output::json)
        fmt::print("{}\n", json::serialize(json::object{{"name", name}}));
    else
        fmt::print("token {} opens nothing any more\n", name);
    return done;
}

}  // namespace musterd::app
