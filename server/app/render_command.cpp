#include "server/app/client.hpp"
#include "server/app/commands.hpp"
#include "server/base/json.hpp"

#include <fmt/core.h>

namespace musterd::app {

int render(const ConfigOption& config, const RenderOptions& options, Output output) {
    const auto main_file = load_config_or_complain(config);
    if (!main_file) return failed;
    const Client client{SocketPath(*main_file)};
    const auto answer = client.get(fmt::format("/api/v1/hosts/{}/render?what={}{}", options.host, options.what,
                                               options.secrets ? "&secrets=1" : ""));
    if (!answer) return complain(answer.error().message());
    if (answer->status != 200) return complain(error_of(*answer));
    const auto object = base::parse_json_object(answer->body);
    if (!object) return complain(object.error().message());
    fmt::print("{}", output == Output::json ? answer->body : base::json_text(*object, "text"));
    return done;
}

}  // namespace musterd::app
