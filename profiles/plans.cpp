#include "profiles/plans.hpp"

#include "profiles/built_in.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace musterd::profiles {

namespace {

using ByName = std::map<std::string_view, const WrittenProfile*>;

/// "ignore" is a value of dhcp.unknown_hosts beside the profiles' names.
constexpr std::string_view reserved_name = "ignore";

std::string place(const base::Position& where) {
    return fmt::format("{}:{}:{}", where.file, where.line, where.column);
}

ByName index_by_name(const std::vector<WrittenProfile>& profiles, base::Diagnostics& problems) {
    ByName by_name;
    for (const auto& profile : profiles) {
        if (built_in(profile.name) != nullptr || profile.name == reserved_name) {
            problems.error(profile.where, fmt::format("profile.{0}: \"{0}\" is built in: choose another name, and "
                                                      "inherit it if you want to add to it",
                                                      profile.name));
            continue;
        }
        const auto [other, added] = by_name.emplace(profile.name, &profile);
        if (added) continue;
        problems.error(profile.where, fmt::format("profile.{}: there is another of this name, at {}", profile.name,
                                                  place(other->second->where)));
    }
    return by_name;
}

/// They are ours, so a mistake in one is a bug that the first test finds.
std::vector<Argument> standard_arguments(const BuiltIn& standard) {
    std::vector<Argument> arguments;
    for (const auto& argument : standard.args) {
        auto parsed = Template::parse(argument.text);
        if (parsed) arguments.push_back({std::move(*parsed), {}, argument.only_for});
    }
    return arguments;
}

std::string problem_of_parent(const std::string& parent, const ByName& by_name) {
    const auto* standard = built_in(parent);
    if (standard != nullptr || by_name.contains(parent)) return {};
    std::vector<std::string_view> names;
    for (const auto& each : built_in_profiles()) {
        names.push_back(each.name);
    }
    for (const auto& [name, profile] : by_name) {
        names.push_back(name);
    }
    const auto meant = base::nearest(parent, names);
    const auto hint = meant.empty() ? std::string{} : fmt::format("; did you mean \"{}\"?", meant);
    return fmt::format("there is no profile \"{}\"{}", parent, hint);
}

void lay_over(Plan& plan, const WrittenProfile& profile, base::Diagnostics& problems) {
    plan.profile = profile.name;
    if (plan.action != Action::boot && (profile.image || profile.args || !profile.more_args.empty())) {
        problems.warning(profile.where, fmt::format("profile.{}: \"image\" and \"args\" have no effect: it comes from "
                                                    "\"{}\", which boots no image",
                                                    profile.name, to_string(plan.action)));
    }
    if (profile.image) plan.image = profile.image;
    if (profile.args) plan.args = *profile.args;
    plan.args.insert(plan.args.end(), profile.more_args.begin(), profile.more_args.end());
    plan.firmware.lay_over(profile.firmware);
    plan.identity = profile.identity.value_or(plan.identity);
    plan.seed.lay_over(profile.seed);
    if (profile.k3s) {
        if (!plan.k3s) plan.k3s.emplace();
        plan.k3s->lay_over(*profile.k3s);
    }
    for (const auto& [stage, limit] : profile.deadlines) {
        plan.deadlines.insert_or_assign(stage, limit);
    }
    for (const auto& [name, value] : profile.vars) {
        plan.vars.insert_or_assign(name, value);
    }
    for (const auto& [name, secret] : profile.secrets) {
        plan.secrets.insert_or_assign(name, secret);
    }
}

class Inheritance {
public:
    Inheritance(const ByName& by_name, Plans& result, base::Diagnostics& problems)
        : by_name_(by_name), result_(result), problems_(problems) {}

    /// Climbs from a profile to the first ancestor whose plan is known, then lays the ones in between over it.
    void resolve(const WrittenProfile& profile) {
        std::vector<const WrittenProfile*> chain;
        const auto* at = &profile;
        while (at != nullptr && !result_.plans.contains(at->name)) {
            if (result_.broken.contains(at->name) || !may_climb(*at, chain)) return give_up(chain);
            chain.push_back(at);
            const auto parent = by_name_.find(at->inherits);
            at = parent == by_name_.end() ? nullptr : parent->second;
        }
        auto plan = result_.plans.find(at != nullptr ? at->name : chain.back()->inherits)->second;
        for (auto each = chain.rbegin(); each != chain.rend(); ++each) {
            lay_over(plan, **each, problems_);
            result_.plans.emplace((*each)->name, plan);
        }
    }

private:
    bool may_climb(const WrittenProfile& profile, const std::vector<const WrittenProfile*>& chain) {
        const auto seen = std::find(chain.begin(), chain.end(), &profile);
        if (seen != chain.end()) {
            std::vector<std::string_view> circle;
            std::transform(seen, chain.end(), std::back_inserter(circle),
                           [](const auto* each) { return std::string_view(each->name); });
            circle.emplace_back(profile.name);
            problems_.error(profile.inherits_at, fmt::format("profile.{}.inherits: goes round in a circle: {}",
                                                             profile.name, fmt::join(circle, " > ")));
            return false;
        }
        const auto problem = problem_of_parent(profile.inherits, by_name_);
        if (problem.empty()) return true;
        problems_.error(profile.inherits_at, fmt::format("profile.{}.inherits: {}", profile.name, problem));
        result_.broken.insert(profile.name);
        return false;
    }

    void give_up(const std::vector<const WrittenProfile*>& chain) {
        for (const auto* each : chain) {
            result_.broken.insert(each->name);
        }
    }

    const ByName& by_name_;
    Plans& result_;
    base::Diagnostics& problems_;
};

}  // namespace

Plans make_plans(const std::vector<WrittenProfile>& profiles, base::Diagnostics& problems) {
    Plans result;
    for (const auto& each : built_in_profiles()) {
        Plan plan;
        plan.profile = each.name;
        plan.action = each.action;
        plan.standard_args = standard_arguments(each);
        plan.wants_root = each.wants_root;
        plan.installs = each.installs;
        plan.seed = standard_documents(each);
        plan.identity = each.identity;
        result.plans.emplace(each.name, std::move(plan));
    }
    const auto by_name = index_by_name(profiles, problems);
    Inheritance inheritance(by_name, result, problems);
    for (const auto& [name, profile] : by_name) {
        inheritance.resolve(*profile);
    }
    return result;
}

Plan plan_of(const WrittenRule& rule, const Plan& profile) {
    auto plan = profile;
    plan.firmware.lay_over(rule.firmware);
    for (const auto& [name, value] : rule.vars) {
        plan.vars.insert_or_assign(name, value);
    }
    return plan;
}

}  // namespace musterd::profiles
