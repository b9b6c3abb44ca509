#pragma once

#include <optional>
#include <string_view>

namespace musterd::api {

/// A file of the page, put into the program when it is built.
struct PageFile {
    std::string_view content_type;
    std::string_view text;
};

/// By path: "/", "/ui/page.css", and the scripts.
std::optional<PageFile> page_file(std::string_view path);

/// The description of all this, in OpenAPI 3.1: openapi.json.
std::string_view openapi();

}  // namespace musterd::api
