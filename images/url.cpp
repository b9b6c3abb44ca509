#include "images/url.hpp"

#include "images/image.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>

namespace musterd::images {

bool is_url(std::string_view text) {
    const auto parsed = boost::urls::parse_uri(text);
    if (!parsed) return false;
    const bool http = parsed->scheme() == "http" || parsed->scheme() == "https";
    return http && !parsed->encoded_host().empty();
}

std::string shown_url(std::string_view url) {
    const auto parsed = boost::urls::parse_uri(url);
    if (!parsed) return "a URL";
    boost::urls::url shown(*parsed);
    shown.remove_userinfo();
    shown.remove_query();
    shown.remove_fragment();
    return shown.buffer();
}

std::string file_name_of(std::string_view url) {
    const auto parsed = boost::urls::parse_uri(url);
    const auto segments = parsed ? parsed->segments() : boost::urls::segments_view();
    if (segments.empty()) return "download";
    const auto name = segments.back();
    return is_path(name) && name.find('/') == std::string::npos ? name : "download";
}

}  // namespace musterd::images
