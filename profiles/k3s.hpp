#pragma once

#include "server/base/toml_reader.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace musterd::profiles {

enum class K3sRole { agent, server };
std::string_view to_string(K3sRole role);

/// The table k3s of a profile or a host: what the machine's K3s is told. Of a host it is laid over its profile's:
/// single values and lists replace, `labels` and `options` are merged. There is no token in it: that is made for each
/// boot.
struct K3s {
    std::optional<K3sRole> role;            ///< agent where nobody says otherwise
    std::optional<std::string> server;      ///< https://NAME:6443 of a server to join
    std::optional<bool> cluster_init;       ///< the first of several servers with etcd
    std::optional<std::string> token_file;  ///< on the machine
    std::optional<std::string> node_name;   ///< the host's name where nobody says otherwise
    std::optional<std::vector<std::string>> node_ip;
    std::map<std::string, std::string> labels;
    std::optional<std::vector<std::string>> taints;  ///< KEY[=VALUE]:EFFECT
    using Option = std::variant<std::string, std::vector<std::string>>;
    std::map<std::string, Option> options;  ///< as K3s calls them: kubelet-arg, data-dir, …

    void lay_over(const K3s& more_specific);
    bool operator==(const K3s&) const = default;
};

/// The sub-table k3s, if there is one.
std::optional<K3s> read_k3s(base::TomlReader& reader);

/// What K3s, on that machine, would not do with it; empty if nothing.
std::string problem_of(const K3s& k3s);

/// /etc/rancher/k3s/config.yaml (docs.k3s.io, "Configuration File": keys are the names of flags). Every value is a
/// double-quoted YAML string. `token_file` is what stands for k3s.token_file where it is not set; a server that joins
/// nobody needs none.
std::string k3s_config(const K3s& k3s, std::string_view host, std::string_view token_file);

/// Why kubelet would refuse the label, and the agent never start (kubernetes pkg/kubelet/apis, well_known_labels.go and
/// cmd/kubelet/app/options, "unknown 'kubernetes.io' or 'k8s.io' labels"); empty if it would not.
std::string problem_of_label(std::string_view key, std::string_view value);
/// The same of a taint: KEY[=VALUE]:NoSchedule, PreferNoSchedule or NoExecute.
std::string problem_of_taint(std::string_view taint);

}  // namespace musterd::profiles
