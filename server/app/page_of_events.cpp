#include "server/app/page_of_events.hpp"

#include <fmt/format.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace musterd::app {

std::string events_target(const EventsOptions& wanted, bool follow) {
    auto target = fmt::format("/api/v1/events?after={}", wanted.after);
    const auto add = [&target](std::string_view name, const std::string& value) {
        if (!value.empty()) target += fmt::format("&{}={}", name, escaped(value));
    };
    add("host", wanted.host);
    add("boot", wanted.boot);
    add("kind", wanted.kind);
    if (wanted.since) add("since", base::to_rfc3339(*wanted.since));
    if (follow) add("follow", "true");
    return target;
}

base::Result<void> each_event(const Client& client, const EventsOptions& wanted,
                              const std::function<void(const base::Event&)>& take) {
    for (auto target = events_target(wanted, false); !target.empty();) {
        const auto answer = client.get(target);
        if (!answer) return answer.error();
        if (answer->status != 200) return base::Error(error_of(*answer));
        boost::json::error_code code;
        const auto page = boost::json::parse(answer->body, code);
        if (code || !page.is_array()) return base::Error("the server's answer is not JSON");
        for (const auto& item : page.get_array()) {
            const auto event = base::event_from_json(boost::json::serialize(item));
            if (!event) return event.error();
            take(*event);
        }
        target = answer->next;
    }
    return {};
}

}  // namespace musterd::app
