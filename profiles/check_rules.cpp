#include "profiles/check.hpp"
#include "profiles/selector.hpp"

#include <fmt/format.h>

namespace musterd::profiles {

void check_rules(const std::vector<WrittenRule>& rules, base::Diagnostics& problems) {
    for (std::size_t late = 1; late < rules.size(); ++late) {
        for (std::size_t early = 0; early < late; ++early) {
            const auto& first = rules[early];
            const auto& second = rules[late];
            if (compare(first.rule.selector, second.rule.selector) != Precedence::tie) continue;
            const auto& where = first.rule.where;
            problems.error(second.rule.where,
                           fmt::format("{}: a machine could fit this ({}) and the one at {}:{}:{} ({}), and neither is "
                                       "the more specific: add a condition to one of them",
                                       second.path, to_string(second.rule.selector), where.file, where.line,
                                       where.column, to_string(first.rule.selector)));
        }
    }
}

}  // namespace musterd::profiles
