#include "server/app/page_of_events.hpp"

#include <fmt/format.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace musterd::app {

std::string events_target(std::uint64_t after, const std::string& host, bool follow) {
    return fmt::format("/api/v1/events?after={}{}{}{}", after, host.empty() ? "" : "&host=", host,
                       follow ? "&follow=true" : "");
}

base::Result<void> each_event(const Client& client, std::uint64_t after, const std::string& host,
                              const std::function<void(const base::Event&)>& take) {
    while (true) {
        const auto answer = client.get(events_target(after, host, false));
        if (!answer) return answer.error();
        if (answer->status != 200) return base::Error(error_of(*answer));
        boost::json::error_code code;
        const auto page = boost::json::parse(answer->body, code);
        if (code || !page.is_array()) return base::Error("the server's answer is not JSON");
        if (page.get_array().empty()) return {};
        for (const auto& item : page.get_array()) {
            const auto event = base::event_from_json(boost::json::serialize(item));
            if (!event) return event.error();
            after = event->id;
            take(*event);
        }
    }
}

}  // namespace musterd::app
