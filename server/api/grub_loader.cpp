#include "server/api/grub_loader.hpp"

#include <fmt/format.h>

namespace musterd::api {

bool wants_server(std::string_view loader) {
    return loader.starts_with("grub") && loader.ends_with("-musterd.efi");
}

base::Result<std::string> with_server(std::string loader, std::string_view server) {
    if (server.size() > server_width)
        return base::Error(fmt::format("{} is longer than the {} bytes in the loader", server, server_width));
    auto place = loader.find(server_marker);
    if (place == std::string::npos) return base::Error("the loader has no place for our address: make it anew");
    // Blanks after the address end the line's word and mean nothing to GRUB.
    std::string filling(server);
    filling.resize(server_width, ' ');
    for (; place != std::string::npos; place = loader.find(server_marker, place + server_width)) {
        if (loader.size() - place < server_width) return base::Error("the loader ends in the place for our address");
        loader.replace(place, server_width, filling);
    }
    return loader;
}

}  // namespace musterd::api
