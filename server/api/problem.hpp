#pragma once

#include "http/message.hpp"

#include <boost/json/value.hpp>

#include <string_view>

namespace musterd::api {

http::Response json(unsigned status, const boost::json::value& value);

/// An error in the form of everything under /api (RFC 9457, application/problem+json): type, title, status, detail. The
/// type is about:blank, so that the title is the status's name (4.2.1); `detail` is for a person.
http::Response problem_details(unsigned status, std::string_view detail);

/// An error that http or its router gave in plain text to a request under /api, in that form; anything else as it is.
http::Response as_problem_details(std::string_view path, http::Response response);

}  // namespace musterd::api
