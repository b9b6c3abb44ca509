#include "profiles/k3s.hpp"

#include "profiles/filters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace musterd::profiles {

namespace {

template <class Value>
void replace(std::optional<Value>& value, const std::optional<Value>& by) {
    if (by) value = by;
}

std::string list(std::string_view key, const std::vector<std::string>& items) {
    std::string text = fmt::format("{}:\n", key);
    for (const auto& item : items)
        text += fmt::format("  - {}\n", for_yaml(item));
    return items.empty() ? std::string{} : text;
}

std::vector<std::string> label_words(const std::map<std::string, std::string>& labels) {
    std::vector<std::string> words;
    for (const auto& [key, value] : labels)
        words.push_back(fmt::format("{}={}", key, value));
    return words;
}

/// What stands in the table as a key of its own, under K3s's name for it, and what may stand nowhere.
constexpr std::array<std::string_view, 7> own_keys{"server",     "cluster-init", "token-file", "node-name",
                                                   "node-label", "node-taint",   "node-ip"};
constexpr std::array<std::string_view, 4> secrets{"token", "agent-token", "vpn-auth", "datastore-endpoint"};

template <std::size_t Count>
bool among(const std::array<std::string_view, Count>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_option(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

void read_options(base::TomlReader& reader, K3s& k3s) {
    k3s.options = reader.value_map("options");
    for (const auto& [key, value] : k3s.options) {
        if (among(secrets, key))
            reader.secret_error("options", fmt::format("\"{}\" is a secret, and has no place in a configuration", key));
        else if (among(own_keys, key))
            reader.error("options", fmt::format("\"{}\" is said beside it: server, cluster_init, token_file, "
                                                "node_name, node_ip, labels, taints",
                                                key));
        else if (!is_option(key))
            reader.error("options", fmt::format("\"{}\" is no flag of K3s: a-z, 0-9 and '-'", key));
    }
}

void read_lists(base::TomlReader& reader, K3s& k3s) {
    k3s.labels = reader.text_map("labels");
    for (const auto& [key, value] : k3s.labels) {
        if (const auto why = problem_of_label(key, value); !why.empty()) reader.error("labels", why);
    }
    if (reader.has("taints")) k3s.taints = reader.texts("taints");
    for (const auto& taint : k3s.taints.value_or(std::vector<std::string>{})) {
        if (const auto why = problem_of_taint(taint); !why.empty()) reader.error("taints", why);
    }
    if (reader.has("node_ip")) k3s.node_ip = reader.texts("node_ip");
}

bool is_word(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

K3s read_table(base::TomlReader& reader) {
    K3s k3s;
    if (const auto role = reader.one_of("role", {"agent", "server"}))
        k3s.role = *role == "server" ? K3sRole::server : K3sRole::agent;
    k3s.server = reader.text("server");
    if (k3s.server && (!k3s.server->starts_with("https://") || !is_word(*k3s.server)))
        reader.error("server", "must be an URL as https://k3s.lan:6443");
    k3s.cluster_init = reader.boolean("cluster_init");
    k3s.token_file = reader.text("token_file");
    if (k3s.token_file && !k3s.token_file->starts_with('/')) reader.error("token_file", "must be an absolute path");
    k3s.node_name = reader.text("node_name");
    read_lists(reader, k3s);
    read_options(reader, k3s);
    return k3s;
}

}  // namespace

std::string_view to_string(K3sRole role) {
    return role == K3sRole::server ? "server" : "agent";
}

void K3s::lay_over(const K3s& more_specific) {
    replace(role, more_specific.role);
    replace(server, more_specific.server);
    replace(cluster_init, more_specific.cluster_init);
    replace(token_file, more_specific.token_file);
    replace(node_name, more_specific.node_name);
    replace(node_ip, more_specific.node_ip);
    replace(taints, more_specific.taints);
    for (const auto& [key, value] : more_specific.labels)
        labels.insert_or_assign(key, value);
    for (const auto& [key, value] : more_specific.options)
        options.insert_or_assign(key, value);
}

std::optional<K3s> read_k3s(base::TomlReader& reader) {
    std::optional<K3s> k3s;
    reader.child("k3s", [&k3s](base::TomlReader& table) { k3s = read_table(table); });
    return k3s;
}

std::string problem_of(const K3s& k3s) {
    const auto role = k3s.role.value_or(K3sRole::agent);
    const bool first = k3s.cluster_init.value_or(false);
    if (role == K3sRole::agent && !k3s.server)
        return "an agent needs a server to join: set k3s.server, as https://k3s.lan:6443";
    if (role == K3sRole::agent && first) return "cluster_init is for servers: set k3s.role = \"server\"";
    if (first && k3s.server) return "cluster_init makes a new cluster, and k3s.server joins one: which is it?";
    return {};
}

std::string k3s_config(const K3s& k3s, std::string_view host, std::string_view token_file) {
    const auto role = k3s.role.value_or(K3sRole::agent);
    std::string text = fmt::format("# K3s {} on {}, by musterd.\n", to_string(role), host);
    const auto add = [&text](std::string_view key, std::string_view value) {
        text += fmt::format("{}: {}\n", key, for_yaml(value));
    };
    if (k3s.server) add("server", *k3s.server);
    if (k3s.cluster_init.value_or(false)) add("cluster-init", "true");
    if (k3s.server || k3s.token_file) add("token-file", k3s.token_file.value_or(std::string(token_file)));
    add("node-name", k3s.node_name.value_or(std::string(host)));
    text += list("node-ip", k3s.node_ip.value_or(std::vector<std::string>{}));
    text += list("node-label", label_words(k3s.labels));
    text += list("node-taint", k3s.taints.value_or(std::vector<std::string>{}));
    for (const auto& [key, value] : k3s.options) {
        if (const auto* items = std::get_if<std::vector<std::string>>(&value))
            text += list(key, *items);
        else
            add(key, std::get<std::string>(value));
    }
    return text;
}

}  // namespace musterd::profiles
