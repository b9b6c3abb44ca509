#include "http/target.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace musterd::http {

namespace {

namespace urls = boost::urls;

/// Folds "//" and "/./" (people and clients join URLs carelessly: cloud-init makes "seed//meta-data") and refuses "..":
/// done after decoding, so that "%2e%2e" and "a%2f..%2fb" are seen for what they are.
base::Result<std::string> fold(std::string_view decoded) {
    std::string path;
    while (!decoded.empty()) {
        const auto end = decoded.find('/');
        const auto segment = decoded.substr(0, end);
        const bool last = end == std::string_view::npos;
        decoded.remove_prefix(last ? decoded.size() : end + 1);
        if (segment == "..") return base::Error("the path has a \"..\" segment");
        if (segment.empty() || segment == ".") continue;
        path.append("/").append(segment);
        if (!last && decoded.empty()) path.append("/");
    }
    return path.empty() ? std::string("/") : path;
}

std::map<std::string, std::string> read_query(const urls::url_view& url) {
    urls::encoding_opts options;
    options.space_as_plus = true;  // as HTML forms and URLSearchParams write it
    std::map<std::string, std::string> query;
    for (const auto& parameter : url.params(options))
        query.emplace(parameter.key, parameter.value);
    return query;
}

}  // namespace

base::Result<Target> parse_target(std::string_view text) {
    const urls::string_view view(text.data(), text.size());
    const auto url = text.starts_with('/') ? urls::parse_origin_form(view) : urls::parse_absolute_uri(view);
    if (!url) return base::Error("the request target is not a URL");
    if (url->has_scheme() && url->scheme_id() != urls::scheme::http && url->scheme_id() != urls::scheme::https) {
        return base::Error("the request target is not an http URL");
    }
    const std::string decoded = url->path();
    if (decoded.find('\0') != std::string::npos) return base::Error("the path has a NUL");
    auto path = fold(decoded);
    if (!path) return path.error();
    Target target;
    target.path = std::move(*path);
    target.query = read_query(*url);
    return target;
}

}  // namespace musterd::http
