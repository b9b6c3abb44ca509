#include "profiles/selector.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace musterd::profiles {

namespace {

bool begins_with(const auto& whole, const auto& prefix) {
    return whole.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), whole.begin());
}

/// One after the other: for each condition, whether it is set in each of the two, whether a machine can fit both, and
/// which of them says more.
class Comparison {
public:
    void exact(const std::string& first, const std::string& second) {
        note(!first.empty(), !second.empty());
        apart_ = apart_ || (!first.empty() && !second.empty() && first != second);
    }
    void prefix(const auto& first, const auto& second) {
        note(!first.empty(), !second.empty());
        apart_ = apart_ || (!begins_with(first, second) && !begins_with(second, first));
        longer_first_ = longer_first_ || first.size() > second.size();
        longer_second_ = longer_second_ || second.size() > first.size();
    }
    [[nodiscard]] Precedence result() const {
        if (apart_) return Precedence::apart;
        if (count_first_ != count_second_) return count_first_ > count_second_ ? Precedence::first : Precedence::second;
        if (other_conditions_ || longer_first_ == longer_second_) return Precedence::tie;
        return longer_first_ ? Precedence::first : Precedence::second;
    }

private:
    void note(bool first, bool second) {
        count_first_ += first ? 1 : 0;
        count_second_ += second ? 1 : 0;
        other_conditions_ = other_conditions_ || first != second;
    }

    bool apart_ = false;
    bool other_conditions_ = false;
    bool longer_first_ = false;
    bool longer_second_ = false;
    int count_first_ = 0;
    int count_second_ = 0;
};

int count(const Selector& selector) {
    const std::array set{!selector.arch.empty(), !selector.interface.empty(), !selector.circuit.empty(),
                         !selector.vendor_class.empty(), !selector.mac_prefix.empty()};
    return static_cast<int>(std::ranges::count(set, true));
}

}  // namespace

bool matches(const Selector& selector, const base::Machine& machine) {
    const auto fits = [](const std::string& wanted, const std::string& told) {
        return wanted.empty() || wanted == told;
    };
    return fits(selector.arch, machine.arch) && fits(selector.interface, machine.interface) &&
           fits(selector.circuit, machine.circuit) && begins_with(machine.vendor_class, selector.vendor_class) &&
           begins_with(machine.mac.octets(), selector.mac_prefix);
}

Precedence compare(const Selector& first, const Selector& second) {
    Comparison comparison;
    comparison.exact(first.arch, second.arch);
    comparison.exact(first.interface, second.interface);
    comparison.exact(first.circuit, second.circuit);
    comparison.prefix(first.vendor_class, second.vendor_class);
    comparison.prefix(first.mac_prefix, second.mac_prefix);
    return comparison.result();
}

void sort_by_precedence(std::vector<MachineRule>& rules) {
    const auto key = [](const MachineRule& rule) {
        const auto& selector = rule.selector;
        return std::tuple(-count(selector), -static_cast<int>(selector.mac_prefix.size()),
                          -static_cast<int>(selector.vendor_class.size()));
    };
    std::ranges::stable_sort(rules, {}, key);
}

std::string to_string(const Selector& selector) {
    std::vector<std::string> conditions;
    const auto add = [&conditions](std::string_view name, const std::string& value) {
        if (!value.empty()) conditions.push_back(fmt::format("{} {}", name, value));
    };
    add("arch", selector.arch);
    add("interface", selector.interface);
    add("circuit", selector.circuit);
    add("vendor_class", selector.vendor_class);
    add("mac_prefix", fmt::format("{:02x}", fmt::join(selector.mac_prefix, ":")));
    return fmt::format("{}", fmt::join(conditions, ", "));
}

std::vector<std::uint8_t> parse_mac_prefix(std::string_view text) {
    constexpr std::size_t octets_of_mac = 6;
    std::vector<std::uint8_t> octets;
    for (std::size_t at = 0; at <= text.size(); at += 3) {
        const auto digits = text.substr(at, 2);
        std::uint8_t octet = 0;
        const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), octet, 16);
        const bool whole = code == std::errc{} && digits.size() == 2 && end == digits.data() + digits.size();
        const auto behind = text.substr(std::min(at + 2, text.size()));
        const bool goes_on = behind.empty() || behind.front() == ':' || behind.front() == '-';
        if (!whole || !goes_on) return {};
        octets.push_back(octet);
        if (behind.empty()) break;
    }
    return octets.size() <= octets_of_mac ? octets : std::vector<std::uint8_t>{};
}

}  // namespace musterd::profiles
