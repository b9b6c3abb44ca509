#pragma once

#include "server/app/client.hpp"

#include <boost/json/value.hpp>

namespace musterd::app {

/// The JSON that the server gives for `target`; an error when it gives another status than 200, with ENOENT for 404.
base::Result<boost::json::value> fetch_json(const Client& client, const std::string& target);

}  // namespace musterd::app
