#include "server/app/fetch_json.hpp"

#include <boost/json/parse.hpp>

namespace musterd::app {

base::Result<boost::json::value> fetch_json(const Client& client, const std::string& target) {
    const auto answer = client.get(target);
    if (!answer) return answer.error();
    if (answer->status != 200) {
        const auto code =
            answer->status == 404 ? std::make_error_code(std::errc::no_such_file_or_directory) : std::error_code{};
        return base::Error(error_of(*answer), code);
    }
    boost::json::error_code code;
    auto value = boost::json::parse(answer->body, code);
    if (code) return base::Error("the server's answer is not JSON");
    return value;
}

}  // namespace musterd::app
