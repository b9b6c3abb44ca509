#include "profiles/kernel_line.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace musterd::profiles {

namespace {

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// isspace() of the kernel (lib/ctype.c) takes 0xa0, Latin-1's no-break space, for white space: it is also the second
/// byte of "à" in UTF-8.
bool is_space(char c) {
    return c == ' ' || c == '\xa0';
}

bool has_space(std::string_view text) {
    return std::any_of(text.begin(), text.end(), is_space);
}

/// What a kernel argument reads while it is walked: next_arg() of Linux lib/cmdline.c takes '"' as a switch wherever it
/// stands, ends an argument at white space outside quotes, and knows no escapes.
class Quotes {
public:
    void pass(std::string_view text) {
        const auto count = std::count(text.begin(), text.end(), '"');
        any_ = any_ || count > 0;
        open_ = open_ != (count % 2 == 1);
    }
    [[nodiscard]] bool open() const { return open_; }
    [[nodiscard]] bool any() const { return any_; }

private:
    bool open_ = false;
    bool any_ = false;
};

std::string secret_of(std::string_view name, const Identity& identity) {
    if (name == "identity.node_password") return identity.node_password;
    return name == "identity.ssh_key" ? identity.ssh_key : identity.ssh_public_key;
}

std::vector<std::string> macs_of(const Host* host, const BootFacts& facts) {
    if (host == nullptr || host->macs.empty()) return {facts.mac.to_string()};
    std::vector<std::string> macs;
    for (const auto& mac : host->macs)
        macs.push_back(mac.to_string());
    return macs;
}

/// Quotes behind the first '=', as the kernel strips them from a value; of an argument without one, round it all.
std::string with_quotes(const std::string& argument) {
    const auto equals = argument.find('=');
    const auto space = std::find_if(argument.begin(), argument.end(), is_space);
    const bool has_value = equals < static_cast<std::size_t>(space - argument.begin());
    const auto start = has_value ? equals + 1 : 0;
    return argument.substr(0, start) + '"' + argument.substr(start) + '"';
}

}  // namespace

const std::vector<std::string_view>& argument_names() {
    static const std::vector<std::string_view> names = {"boot.id",   "boot.url",     "host.mac",  "host.machine_id",
                                                        "host.name", "image.digest", "image.name"};
    return names;
}

const std::vector<std::string_view>& document_names() {
    static const auto names = [] {
        auto all = argument_names();
        all.insert(all.end(), {"host.macs", "identity.node_password", "identity.ssh_key", "identity.ssh_public_key",
                               "k3s.config"});
        return all;
    }();
    return names;
}

std::string k3s_config_of(const Plan& plan, const Host* host) {
    auto k3s = plan.k3s;
    if (host != nullptr && host->k3s) {
        if (!k3s) k3s.emplace();
        k3s->lay_over(*host->k3s);
    }
    if (!k3s || host == nullptr) return {};
    return k3s_config(*k3s, host->name, plan.installs ? "/etc/rancher/k3s/token" : "/run/musterd/token");
}

const Template::Value* variable(std::string_view name, const Plan& plan, const Host* host) {
    if (!name.starts_with(variable_prefix)) return nullptr;
    const std::string key(name.substr(variable_prefix.size()));
    if (host != nullptr) {
        const auto own = host->vars.find(key);
        if (own != host->vars.end()) return &own->second;
    }
    const auto inherited = plan.vars.find(key);
    return inherited != plan.vars.end() ? &inherited->second : nullptr;
}

SecretSources secrets_of(const Plan& plan, const Host* host) {
    if (host == nullptr) return {};
    auto all = host->secrets;
    all.insert(plan.secrets.begin(), plan.secrets.end());
    return all;
}

SecretTexts hidden(const SecretSources& secrets) {
    SecretTexts texts;
    for (const auto& [name, secret] : secrets) {
        texts.emplace(name, hidden_secret);
    }
    return texts;
}

std::optional<Template::Value> value_of(std::string_view name, const Plan& plan, const Host* host,
                                        const BootFacts& facts) {
    if (name == "host.macs") return macs_of(host, facts);
    if (name == "host.name") return host != nullptr ? host->name : facts.mac.to_hyphens();
    if (name == "host.machine_id") return facts.machine_id;
    if (name.starts_with(identity_prefix)) return facts.identity ? secret_of(name, *facts.identity) : std::string{};
    if (name.starts_with(secret_prefix)) {
        const auto text = facts.secrets.find(name.substr(secret_prefix.size()));
        return text == facts.secrets.end() ? std::nullopt : std::optional<Template::Value>(text->second);
    }
    if (name == "k3s.config") return k3s_config_of(plan, host);
    if (name == "host.mac") return facts.mac.to_string();
    if (name == "image.name") return facts.image_name;
    if (name == "image.digest") return facts.image_digest;
    if (name == "boot.id") return facts.boot_id;
    if (name == "boot.url") return facts.boot_url;
    const auto* value = variable(name, plan, host);
    return value != nullptr ? std::optional(*value) : std::nullopt;
}

std::optional<TemplateError> problem_in_argument(const Template& argument) {
    if (argument.pieces().empty()) return TemplateError{0, "an argument must not be empty", {}};
    Quotes quotes;
    for (const auto& piece : argument.pieces()) {
        const bool name = piece.kind == Template::Piece::Kind::name;
        if (name && !piece.filters.empty())
            return TemplateError{piece.offset, "no filter fits a kernel argument: it gets the quotes it needs", {}};
        if (name) continue;
        if (piece.kind != Template::Piece::Kind::text)
            return TemplateError{piece.offset, "blocks belong in documents, not in a kernel argument", {}};
        for (std::size_t i = 0; i < piece.text.size(); ++i) {
            if (is_control(piece.text[i]))
                return TemplateError{piece.offset + i, "a control character is not allowed", {}};
            quotes.pass(std::string_view(piece.text).substr(i, 1));
            if (!is_space(piece.text[i]) || quotes.open()) continue;
            return TemplateError{
                piece.offset + i, "a space would start another argument: write two, or quote it as in a=\"b c\"", {}};
        }
    }
    if (quotes.open()) return TemplateError{0, "a double quote is not closed", {}};
    return std::nullopt;
}

std::string problem_in_value(const Template& argument, std::string_view name, std::string_view value) {
    if (std::any_of(value.begin(), value.end(), is_control)) return "holds a control character";
    if (value.find('"') != std::string_view::npos) return "holds a double quote, which the kernel cannot take";
    if (value.find("${") != std::string_view::npos) return "holds \"${\", which iPXE would replace";
    if (!has_space(value)) return {};
    Quotes quotes;
    bool outside = false;
    for (const auto& piece : argument.pieces()) {
        if (piece.kind == Template::Piece::Kind::text)
            quotes.pass(piece.text);
        else if (piece.text == name)
            outside = outside || !quotes.open();
    }
    if (outside && quotes.any()) return "holds a space and stands outside the argument's own quotes";
    return {};
}

std::vector<std::string> kernel_arguments(const Plan& plan, const Host* host, const BootFacts& facts) {
    std::vector<std::string> arguments;
    const auto add = [&](const Argument& argument) {
        if (argument.only_for && argument.only_for != facts.root) return;
        bool needs_quotes = false;
        auto text = argument.text.render([&](std::string_view name) {
            const auto found = value_of(name, plan, host, facts);
            const auto* one = found ? std::get_if<std::string>(&*found) : nullptr;
            std::string value = one == nullptr ? std::string{} : *one;
            needs_quotes = needs_quotes || has_space(value);
            return value;
        });
        if (text.empty()) return;
        const bool has_quotes = text.find('"') != std::string::npos;
        arguments.push_back(needs_quotes && !has_quotes ? with_quotes(text) : std::move(text));
    };
    std::ranges::for_each(plan.standard_args, add);
    std::ranges::for_each(plan.args, add);
    return arguments;
}

}  // namespace musterd::profiles
