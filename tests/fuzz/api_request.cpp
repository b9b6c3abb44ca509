// What the API reads of a request: the JSON of a body, and the parameters of a query. Anything is either understood or
// refused with problem details that are valid JSON.
#include "server/api/json_body.hpp"
#include "server/api/problem.hpp"
#include "server/api/query.hpp"
#include "server/base/bytes.hpp"
#include "server/base/utf8.hpp"

#include <boost/json/parse.hpp>

#include <cstdlib>

namespace {

void check(const musterd::http::Response& refusal) {
    const auto& text = std::get<std::string>(refusal.body);
    boost::json::error_code code;
    const auto value = boost::json::parse(text, code);
    const bool right = !code && value.is_object() && value.as_object().size() == 4 && musterd::base::is_utf8(text);
    if (!right || refusal.status < 400) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace musterd;
    const std::string text(base::as_text({data, size}));
    http::Request request;
    request.path = "/api/v1/events";
    request.headers["content-type"] = "application/json";
    request.body = text;
    const auto body = api::read_json_body(request, {"name", "role"});
    if (body.refusal) check(*body.refusal);
    if (body.fields.size() > 2 || (body.refusal && !body.fields.empty())) std::abort();

    request.query["value"] = text;
    api::Query query(request);
    const auto number = query.number("value", 1, 1000, 7);
    if (number < 1 || number > 1000) std::abort();
    query.flag("value");
    query.time("value");
    if (!query.problem().empty()) check(api::problem_details(400, query.problem()));
    check(api::problem_details(404, text));
    const auto link = api::next_link(request, "after", text).second;
    if (!link.starts_with("</api/v1/events?after=") || link.find_first_of("\r\n\" ") != link.find("; rel") + 1)
        std::abort();
    return 0;
}
