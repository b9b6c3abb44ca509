#pragma once

#include <string>
#include <string_view>

namespace musterd::images {

/// http:// or https:// with a host and no blanks or control characters.
bool is_url(std::string_view text);
/// A URL as it may be shown and written down: without user, password, query and fragment, which may be secrets.
std::string shown_url(std::string_view url);
/// What the file is called: the last part of the URL's path, with %XX decoded; "download" if that is no name.
std::string file_name_of(std::string_view url);

}  // namespace musterd::images
