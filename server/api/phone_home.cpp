#include "server/api/phone_home.hpp"

#include "server/base/json.hpp"
#include "server/base/utf8.hpp"

#include <boost/url/parse_query.hpp>

#include <algorithm>
#include <array>

namespace musterd::api {

namespace {

constexpr std::array<std::string_view, 6> wanted{"kernel_boot_id", "machine_id",  "hostname",
                                                 "addresses",      "instance_id", "fqdn"};
constexpr std::size_t longest = 256;

using Details = std::map<std::string, std::string>;

void keep(Details& details, std::string_view key, std::string value) {
    const bool known = std::find(wanted.begin(), wanted.end(), key) != wanted.end();
    // cloud-init writes N/A for what it does not have.
    if (known && !value.empty() && value != "N/A") details.emplace(key, one_line(std::move(value)));
}

std::string joined(const boost::json::array& values) {
    std::string text;
    for (const auto& value : values) {
        if (!value.is_string()) continue;
        if (!text.empty()) text += ' ';
        text += std::string_view(value.get_string());
    }
    return text;
}

base::Result<Details> from_json(std::string_view body) {
    const auto object = base::parse_json_object(body);
    if (!object) return object.error();
    Details details;
    for (const auto& [key, value] : *object) {
        if (value.is_string()) keep(details, key, std::string(value.get_string()));
        if (value.is_array()) keep(details, key, joined(value.get_array()));
    }
    return details;
}

base::Result<Details> from_form(std::string_view body) {
    while (body.ends_with('\n') || body.ends_with('\r'))
        body.remove_suffix(1);
    // '+' is a space in a form (WHATWG URL, application/x-www-form-urlencoded), not in a URL's query.
    std::string text(body);
    for (char& c : text) {
        if (c == '+') c = ' ';
    }
    for (std::size_t at = text.find(' '); at != std::string::npos; at = text.find(' ', at))
        text.replace(at, 1, "%20");
    const auto parsed = boost::urls::parse_query(text);
    if (!parsed) return base::Error("not a form (application/x-www-form-urlencoded)");
    Details details;
    for (const auto& parameter : boost::urls::params_view(*parsed)) {
        if (parameter.has_value) keep(details, std::string(parameter.key), std::string(parameter.value));
    }
    return details;
}

}  // namespace

std::string one_line(std::string value) {
    value.resize(std::min(value.size(), longest));
    for (char& c : value) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    if (base::is_utf8(value)) return value;
    for (char& c : value) {
        if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    }
    return value;
}

std::string reported_reason(std::string_view content_type, std::string_view body) {
    std::string reason(body);
    if (content_type.starts_with("application/json") || body.starts_with('{')) {
        const auto object = base::parse_json_object(body);
        if (object) reason = base::json_text(*object, "reason");
    }
    reason = one_line(std::move(reason));
    return reason.empty() ? std::string("the machine says that it failed, and no more") : reason;
}

base::Result<std::map<std::string, std::string>> read_phone_home(std::string_view content_type, std::string_view body) {
    const auto start = body.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos) return Details{};
    const bool json = content_type.starts_with("application/json") || body[start] == '{';
    return json ? from_json(body.substr(start)) : from_form(body.substr(start));
}

}  // namespace musterd::api
