// What Kubernetes takes as labels and taints (apimachinery pkg/util/validation, IsQualifiedName and IsValidLabelValue).
#include "profiles/k3s.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace musterd::profiles {

namespace {

constexpr std::size_t longest_name = 63;
constexpr std::size_t longest_prefix = 253;

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// A name or a value: begins and ends with a letter or digit, with '-', '_' and '.' between.
bool is_name(std::string_view text) {
    if (text.empty() || text.size() > longest_name) return false;
    const auto inner = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; };
    return is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
           std::all_of(text.begin(), text.end(), inner);
}

/// A DNS subdomain in lower case.
bool is_prefix(std::string_view text) {
    if (text.empty() || text.size() > longest_prefix) return false;
    const auto lower = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    const auto inner = [&](char c) { return lower(c) || c == '-' || c == '.'; };
    return lower(text.front()) && lower(text.back()) && std::all_of(text.begin(), text.end(), inner) &&
           text.find("..") == std::string_view::npos;
}

std::string_view prefix_of(std::string_view key) {
    const auto slash = key.find('/');
    return slash == std::string_view::npos ? std::string_view{} : key.substr(0, slash);
}

bool is_key(std::string_view key) {
    const auto slash = key.find('/');
    if (slash == std::string_view::npos) return is_name(key);
    return is_prefix(key.substr(0, slash)) && is_name(key.substr(slash + 1));
}

bool is_of_domain(std::string_view prefix, std::string_view domain) {
    return prefix == domain || (prefix.ends_with(domain) && prefix[prefix.size() - domain.size() - 1] == '.');
}

constexpr std::array<std::string_view, 11> allowed{"kubernetes.io/hostname",
                                                   "kubernetes.io/arch",
                                                   "kubernetes.io/os",
                                                   "beta.kubernetes.io/arch",
                                                   "beta.kubernetes.io/os",
                                                   "beta.kubernetes.io/instance-type",
                                                   "node.kubernetes.io/instance-type",
                                                   "topology.kubernetes.io/zone",
                                                   "topology.kubernetes.io/region",
                                                   "failure-domain.beta.kubernetes.io/zone",
                                                   "failure-domain.beta.kubernetes.io/region"};

/// Kubernetes's own labels, of which kubelet may set few.
bool is_reserved(std::string_view key) {
    const auto prefix = prefix_of(key);
    const bool own = is_of_domain(prefix, "kubernetes.io") || is_of_domain(prefix, "k8s.io");
    const bool of_nodes = is_of_domain(prefix, "kubelet.kubernetes.io") || is_of_domain(prefix, "node.kubernetes.io");
    return own && !of_nodes && std::find(allowed.begin(), allowed.end(), key) == allowed.end();
}

}  // namespace

std::string problem_of_label(std::string_view key, std::string_view value) {
    if (!is_key(key)) {
        return fmt::format(
            "\"{}\" is not a label's key: [PREFIX/]NAME, a name of at most 63 of A-Z, a-z, 0-9, '-', '_', "
            "'.', and a prefix that is a domain",
            key);
    }
    if (!value.empty() && !is_name(value))
        return fmt::format("\"{}\" is not a label's value: at most 63 of A-Z, a-z, 0-9, '-', '_' and '.'", value);
    if (!is_reserved(key)) return {};
    return fmt::format(
        "kubelet may not set \"{}\", and K3s would not start: labels of kubernetes.io and k8s.io are set "
        "by the cluster, but for those of node.kubernetes.io and kubelet.kubernetes.io",
        key);
}

std::string problem_of_taint(std::string_view taint) {
    const auto colon = taint.rfind(':');
    const auto effect = colon == std::string_view::npos ? std::string_view{} : taint.substr(colon + 1);
    const auto what = taint.substr(0, colon);
    const auto equals = what.find('=');
    const auto value = equals == std::string_view::npos ? std::string_view{} : what.substr(equals + 1);
    const bool known = effect == "NoSchedule" || effect == "PreferNoSchedule" || effect == "NoExecute";
    if (known && is_key(what.substr(0, equals)) && (value.empty() || is_name(value))) return {};
    return fmt::format("\"{}\" is not a taint: KEY[=VALUE]:NoSchedule, :PreferNoSchedule or :NoExecute", taint);
}

}  // namespace musterd::profiles
