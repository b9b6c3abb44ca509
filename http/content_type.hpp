#pragma once

#include <string_view>

namespace musterd::http {

/// Media type by the suffix of a path, any case. EDK2 tells what it got by exactly these types, without parameters, and
/// takes anything else by its suffix (HttpBootDxe/HttpBootSupport.c): application/efi, application/vnd.efi-iso,
/// application/vnd.efi-img. All else is application/octet-stream.
std::string_view content_type_of(std::string_view path);

}  // namespace musterd::http
