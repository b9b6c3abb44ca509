#include "profiles/built_in.hpp"
#include "profiles/check.hpp"
#include "profiles/kernel_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace musterd::profiles {

namespace {

using Piece = Template::Piece;

std::string place(const base::Position& where) {
    return fmt::format("{}:{}:{}", where.file, where.line, where.column);
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
    const auto meant = base::nearest(word, candidates);
    return meant.empty() ? std::string{} : fmt::format("; did you mean \"{}\"?", meant);
}

/// One who is served a plan: a host, or the machines that no host names.
struct User {
    const Host* host = nullptr;
    std::string subject;        ///< "host[0]", "dhcp.unknown_hosts"
    base::Position profile_at;  ///< where the profile is chosen
    base::Position vars_at;     ///< where its variables are set, or would be
};

class PlanCheck {
public:
    PlanCheck(const Written& written, const Plans& plans, base::Diagnostics& problems)
        : written_(written), plans_(plans), problems_(problems) {
        for (const auto& profile : written.profiles) {
            parents_.insert(profile.inherits);
            remember_variables(profile.vars);
        }
        for (const auto& host : written.hosts) {
            remember_variables(host.host.vars);
        }
        for (const auto& rule : written.rules) {
            remember_variables(rule.vars);
        }
    }

    void check_written() {
        for (const auto& profile : written_.profiles) {
            check_image(profile);
            if (profile.args) check_names(profile.name, *profile.args);
            check_names(profile.name, profile.more_args);
            check_names(profile.seed);
        }
    }

    /// Names in a document of a profile or a host that cannot stand for anything.
    void check_names(const SeedFiles& seed) {
        for (const auto& part : seed.all()) {
            if (!part->text || !checked_.insert(part.get()).second) continue;
            check_names(*part, part->text->pieces());
        }
    }

    void check_names(const SeedFile& file, const std::vector<Piece>& pieces) {
        for (const auto& piece : pieces) {
            if (piece.text != "this") check_name(piece, file.place(piece.offset), {}, document_names());
            check_filtered(piece, file.place(piece.offset));
            check_names(file, piece.inside);
            check_names(file, piece.otherwise);
        }
    }

    void check_user(const User& user, const std::string& profile) {
        if (const auto* plan = find_plan(user, profile)) check_served(user, *plan);
    }

    void check_rule(const WrittenRule& rule) {
        const User user{nullptr, rule.path, rule.profile_at, rule.vars_at};
        if (const auto* plan = find_plan(user, rule.profile)) check_served(user, plan_of(rule, *plan));
    }

private:
    void check_served(const User& user, const Plan& plan) {
        check_has_image(user, plan);
        for (const auto& argument : plan.args) {
            check_argument(user, plan, argument);
        }
        check_seed(user, plan, plan.seed);
        if (user.host != nullptr) check_seed(user, plan, user.host->seed);
    }

    void remember_variables(const Variables& vars) {
        for (const auto& [name, value] : vars) {
            variables_.insert(std::string(variable_prefix) + name);
        }
    }

    /// A profile that others inherit may leave the image to them.
    void check_image(const WrittenProfile& profile) {
        const auto plan = plans_.plans.find(profile.name);
        const bool complete = plan == plans_.plans.end() || plan->second.action != Action::boot || plan->second.image;
        if (complete || parents_.contains(profile.name)) return;
        problems_.error(profile.where, fmt::format("profile.{}: it boots an image but names none: add image = \"NAME\"",
                                                   profile.name));
    }

    void check_has_image(const User& user, const Plan& plan) {
        const bool told = built_in(plan.profile) == nullptr && !parents_.contains(plan.profile);
        if (plan.action != Action::boot || plan.image || told) return;
        problems_.error(
            user.profile_at,
            fmt::format("{}: profile \"{}\" boots an image but names none: use one that inherits it and has "
                        "image = \"NAME\"",
                        user.subject, plan.profile));
    }

    /// Names that cannot stand for anything, whoever uses the profile.
    void check_names(const std::string& profile, const std::vector<Argument>& args) {
        for (const auto& argument : args) {
            for (const auto& piece : argument.text.pieces())
                check_argument_name(piece, place_of(argument, piece), fmt::format("profile.{}.args: ", profile),
                                    argument_names());
        }
    }

    void check_argument_name(const Piece& piece, const base::Position& where, const std::string& named_by,
                             const std::vector<std::string_view>& known) {
        const bool secret = piece.text.starts_with(secret_prefix) || piece.text.starts_with(identity_prefix);
        if (piece.kind == Piece::Kind::text || !secret) return check_name(piece, where, named_by, known);
        problems_.error(where, fmt::format("{}\"{}\" has no place on a kernel line, which every program of the machine "
                                           "can read: use it in a document, or read it from "
                                           "/.initrd-secrets/run/musterd",
                                           named_by, piece.text));
    }

    /// Its value is not known when the configuration is checked, so only a filter makes sure that it stays in place.
    void check_filtered(const Piece& piece, const base::Position& where) {
        const bool bare = piece.kind == Piece::Kind::name && piece.filters.empty();
        if (!bare || !piece.text.starts_with(secret_prefix)) return;
        problems_.error(where, fmt::format("\"{0}\" needs a filter, which keeps it in its place whatever is in it, as "
                                           "in {{{{{0} | yaml}}}}",
                                           piece.text));
    }

    void check_name(const Piece& piece, const base::Position& where, const std::string& named_by,
                    const std::vector<std::string_view>& known) {
        const bool fixed = std::find(known.begin(), known.end(), piece.text) != known.end();
        const bool per_user = piece.text.starts_with(variable_prefix) || piece.text.starts_with(secret_prefix);
        if (piece.kind == Piece::Kind::text || fixed || per_user) return;
        std::vector<std::string_view> candidates(variables_.begin(), variables_.end());
        candidates.insert(candidates.end(), known.begin(), known.end());
        problems_.error(
            where, fmt::format("{}there is no \"{}\"{}", named_by, piece.text, did_you_mean(piece.text, candidates)));
    }

    const Plan* find_plan(const User& user, const std::string& profile) {
        const auto plan = plans_.plans.find(profile);
        if (plan != plans_.plans.end()) return &plan->second;
        if (profile.empty() || plans_.broken.contains(profile)) return nullptr;
        std::vector<std::string_view> names(plans_.broken.begin(), plans_.broken.end());
        for (const auto& [name, ignored] : plans_.plans) {
            names.push_back(name);
        }
        problems_.error(user.profile_at, fmt::format("{}: there is no profile \"{}\"{}", user.subject, profile,
                                                     did_you_mean(profile, names)));
        return nullptr;
    }

    void check_argument(const User& user, const Plan& plan, const Argument& argument) {
        for (const auto& piece : argument.text.pieces()) {
            if (piece.kind == Piece::Kind::text || !piece.text.starts_with(variable_prefix)) continue;
            const auto* value = variable(piece.text, plan, user.host);
            if (value == nullptr) {
                report_missing(user, plan, piece.text, place_of(argument, piece));
                continue;
            }
            const auto* text = std::get_if<std::string>(value);
            const auto problem = text == nullptr ? "is a list, and cannot stand in a kernel argument"
                                                 : problem_in_value(argument.text, piece.text, *text);
            if (problem.empty()) continue;
            problems_.error(user.vars_at, fmt::format("{}: {} {} (it is used at {})", user.subject, piece.text, problem,
                                                      place(place_of(argument, piece))));
        }
    }

    void check_seed(const User& user, const Plan& plan, const SeedFiles& seed) {
        const auto secrets = secrets_of(plan, user.host);
        const auto known = [&](std::string_view name) -> std::optional<Template::Value> {
            const auto& fixed = document_names();
            if (user.host == nullptr && name.starts_with(identity_prefix)) return std::nullopt;
            if (name.starts_with(secret_prefix))
                return secrets.contains(name.substr(secret_prefix.size())) ? std::optional<Template::Value>("text")
                                                                           : std::nullopt;
            if (name == "host.macs") return std::vector<std::string>{"text"};
            if (std::find(fixed.begin(), fixed.end(), name) != fixed.end()) return std::string("text");
            const auto* value = variable(name, plan, user.host);
            return value == nullptr ? std::nullopt : std::optional(*value);
        };
        for (const auto& part : seed.all()) {
            if (!part->text) continue;
            for (const auto& problem : part->text->problems(known)) {
                const auto where = part->place(problem.offset);
                const bool is_variable = problem.name.starts_with(variable_prefix);
                if (is_variable) report_missing(user, plan, problem.name, where);
                if (problem.name.empty()) problems_.error(where, problem.message);
                const bool secret = problem.name.starts_with(secret_prefix);
                if (secret && user.host != nullptr) report_no_secret(user, plan, problem.name, secrets, where);
                if (!problem.name.starts_with(identity_prefix) && (!secret || user.host != nullptr)) continue;
                problems_.error(user.profile_at,
                                fmt::format("{}: machines that no host names have no {}, and profile \"{}\" uses "
                                            "{} at {}",
                                            user.subject, secret ? "secrets" : "identity", plan.profile, problem.name,
                                            place(where)));
            }
            check_breaks(user, plan, *part, part->text->pieces());
        }
    }

    /// A line break in a value would make lines of a document that nobody wrote; a filter keeps it inside.
    void check_breaks(const User& user, const Plan& plan, const SeedFile& file, const std::vector<Piece>& pieces) {
        for (const auto& piece : pieces) {
            check_breaks(user, plan, file, piece.inside);
            check_breaks(user, plan, file, piece.otherwise);
            if (piece.kind != Piece::Kind::name || !piece.filters.empty()) continue;
            const auto* value = variable(piece.text, plan, user.host);
            const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value);
            if (text == nullptr || text->find_first_of("\r\n") == std::string::npos) continue;
            problems_.error(
                user.vars_at,
                fmt::format("{}: {} holds a line break, and no filter, as in {{{{{} | yaml}}}}, keeps it in "
                            "its place at {}",
                            user.subject, piece.text, piece.text, place(file.place(piece.offset))));
        }
    }

    void report_missing(const User& user, const Plan& plan, const std::string& name, const base::Position& used_at) {
        std::vector<std::string> set;
        const auto add = [&set](const Variables& vars) {
            for (const auto& [each, value] : vars) {
                set.push_back(std::string(variable_prefix) + each);
            }
        };
        add(plan.vars);
        if (user.host != nullptr) add(user.host->vars);
        problems_.error(user.vars_at,
                        fmt::format("{}: {} is not set, and profile \"{}\" uses it at {}{}", user.subject, name,
                                    plan.profile, place(used_at), did_you_mean(name, {set.begin(), set.end()})));
    }

    void report_no_secret(const User& user, const Plan& plan, const std::string& name, const SecretSources& secrets,
                          const base::Position& used_at) {
        std::vector<std::string> set;
        for (const auto& [each, secret] : secrets)
            set.push_back(std::string(secret_prefix) + each);
        problems_.error(
            user.vars_at,
            fmt::format("{}: {} is not among its \"secrets\", and profile \"{}\" uses it at {}{}", user.subject, name,
                        plan.profile, place(used_at), did_you_mean(name, {set.begin(), set.end()})));
    }

    base::Position place_of(const Argument& argument, const Piece& piece) const {
        const auto map = written_.maps.find(argument.where.file);
        return map == written_.maps.end() ? argument.where : map->second.byte(argument.where, piece.offset);
    }

    const Written& written_;
    const Plans& plans_;
    base::Diagnostics& problems_;
    std::set<std::string_view> parents_;
    std::set<std::string> variables_;
    std::set<const SeedFile*> checked_;
};

}  // namespace

void check_plans(const Written& written, const Plans& plans, base::Diagnostics& problems) {
    PlanCheck check(written, plans, problems);
    check.check_written();
    for (const auto& host : written.hosts) {
        check.check_names(host.host.seed);
        check.check_user({&host.host, host.path, host.profile_at, host.vars_at}, host.host.profile);
    }
    for (const auto& rule : written.rules) {
        check.check_rule(rule);
    }
    const auto& unknown_hosts = written.config.config.dhcp.unknown_hosts;
    if (unknown_hosts == "ignore") return;
    const auto& where = written.config.unknown_hosts;
    check.check_user({nullptr, "dhcp.unknown_hosts", where, where}, unknown_hosts);
}

}  // namespace musterd::profiles
