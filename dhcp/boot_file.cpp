#include "dhcp/boot_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace musterd::dhcp {

namespace {

/// iPXE cuts the query off a tftp URI and requests the decoded path alone (src/core/uri.c parse_uri, src/net/udp/tftp.c
/// tftp_send_rrq), so the question mark travels encoded and comes out again in the name that it requests.
constexpr std::string_view encoded_question_mark = "%3F";

std::string script_url(const Client& client, std::string_view script, const ServerIdentity& server) {
    const auto address = server.address.to_string();
    const auto base =
        client.ipxe_http ? fmt::format("http://{}:{}", address, server.http_port) : fmt::format("tftp://{}", address);
    const std::size_t overhead = base.size() + (client.ipxe_http ? 0 : encoded_question_mark.size() - 1);
    auto path = drop_parameters(script, longest_file - overhead);
    const auto query = path.find('?');
    if (!client.ipxe_http && query != std::string::npos) path.replace(query, 1, encoded_question_mark);
    return base + path;
}

std::string disk_url(std::string_view disk, const ServerIdentity& server) {
    const auto base = fmt::format("http://{}:{}", server.address.to_string(), server.http_port);
    return base + drop_parameters(disk, longest_url - base.size());
}

std::vector<std::string_view> split_parameters(std::string_view query) {
    std::vector<std::string_view> parameters;
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        parameters.push_back(query.substr(0, end));
        query.remove_prefix(std::min(end + 1, query.size()));
    }
    return parameters;
}

std::string join(std::string_view path, const std::vector<std::string_view>& parameters) {
    std::string joined(path);
    char separator = '?';
    for (const auto parameter : parameters) {
        joined += separator;
        joined += parameter;
        separator = '&';
    }
    return joined;
}

}  // namespace

std::string drop_parameters(std::string_view path_and_query, std::size_t limit) {
    const auto mark = path_and_query.find('?');
    if (path_and_query.size() <= limit || mark == std::string_view::npos) return std::string(path_and_query);
    const auto path = path_and_query.substr(0, mark);
    auto parameters = split_parameters(path_and_query.substr(mark + 1));
    const auto is_uuid = [](std::string_view parameter) { return parameter.starts_with("uuid="); };
    std::erase_if(parameters, is_uuid);  // the longest, and the MAC tells a machine just as well
    auto joined = join(path, parameters);
    while (joined.size() > limit && !parameters.empty()) {
        parameters.pop_back();
        joined = join(path, parameters);
    }
    return joined;
}

std::string boot_file(const Client& client, const Plan& plan, const ServerIdentity& server) {
    const auto* row = client.architecture ? find_architecture(*client.architecture) : nullptr;
    const bool ipxe = client.kind == ClientKind::ipxe;
    if (ipxe && !plan.chain && !plan.script.empty()) return script_url(client, plan.script, server);
    if (client.kind == ClientKind::http_boot && !plan.disk.empty()) return disk_url(plan.disk, server);
    std::string loader = plan.loader;
    // iPXE is never given the default loader, which is iPXE: it would load itself for ever.
    if (loader.empty() && row != nullptr && !ipxe) loader = row->loader;
    const bool by_url = client.kind == ClientKind::http_boot || (ipxe && client.ipxe_http);
    if (loader.empty() || !by_url) return loader;
    // A literal address: EDK2 has no place for a proxy's URL with a name in it (HttpBootDhcp4.c, no DhcpOnly with
    // ProxyNameUri).
    return fmt::format("http://{}:{}/boot/loader/{}", server.address.to_string(), server.http_port, loader);
}

}  // namespace musterd::dhcp
