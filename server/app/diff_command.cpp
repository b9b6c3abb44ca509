#include "server/api/render.hpp"
#include "server/api/secret_file.hpp"
#include "server/app/client.hpp"
#include "server/app/commands.hpp"
#include "server/app/line_diff.hpp"
#include "server/base/json.hpp"

#include <fmt/core.h>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <cstdio>
#include <set>

namespace musterd::app {

namespace {

namespace json = boost::json;

constexpr std::array parts{"script", "overlay", "user-data", "meta-data", "vendor-data", "network-config", "preseed", "bf.cfg", "k3s"};

/// What the files say, as a server would serve it: with its images and its key, and a journal that nobody keeps.
class Pending {
public:
    static base::Result<std::unique_ptr<Pending>> open(std::shared_ptr<const profiles::Configuration> configuration) {
        const auto& folder = configuration->config().data_dir;
        auto store = images::Store::open(folder);
        if (!store) return store.error();
        auto key = api::load_site_key(folder / "site.key");
        if (!key) return key.error();
        auto journal = boots::open_sqlite_journal({});
        if (!journal) return journal.error();
        auto boots = boots::Boots::open(std::move(*journal), base::now);
        if (!boots) return boots.error();
        return std::unique_ptr<Pending>(
            new Pending(std::move(configuration), std::move(*store), std::move(*boots), *key));
    }

    /// The text, or why there is none.
    std::string text(const std::string& host, const std::string& what, const std::string& server_url) {
        const auto text = api::render(site_, {host, what, server_url, false, true});
        return text ? *text : text.error().message() + "\n";
    }

private:
    Pending(std::shared_ptr<const profiles::Configuration> configuration, images::Store store,
            std::unique_ptr<boots::Boots> boots, const profiles::SiteKey& key)
        : boots_(std::move(boots)), site_(std::move(configuration), std::move(store), *boots_, {key}) {
        // No secret is read for this: in the place of each stands the same word on both sides.
        site_.secret_book().read_by(
            [](const profiles::SecretSource&) { return api::SecretReading{std::string(profiles::hidden_secret)}; }, {});
        site_.secret_book().refresh(site_.configuration());
    }

    std::unique_ptr<boots::Boots> boots_;
    api::Site site_;
};

/// What the server that runs would serve.
class Running {
public:
    explicit Running(const profiles::Config& config) : client_(SocketPath(config)) {}

    base::Result<std::set<std::string>> hosts() const {
        const auto answer = client_.get("/api/v1/hosts");
        if (!answer) return answer.error();
        if (answer->status != 200) return base::Error(error_of(*answer));
        json::error_code code;
        const auto list = json::parse(answer->body, code);
        if (code || !list.is_array()) return base::Error("the server's answer is not JSON");
        std::set<std::string> names;
        for (const auto& host : list.get_array())
            names.insert(base::json_text(host.as_object(), "name"));
        return names;
    }

    struct Text {
        std::string text;  ///< or why there is none
        std::string server_url;
    };
    base::Result<Text> text(const std::string& host, const std::string& what) const {
        const auto answer = client_.get(fmt::format("/api/v1/hosts/{}/render?what={}&as_new=1", host, what));
        if (!answer) return answer.error();
        const auto object = base::parse_json_object(answer->body);
        if (!object) return object.error();
        if (answer->status != 200) return Text{error_of(*answer) + "\n", {}};
        return Text{base::json_text(*object, "text"), base::json_text(*object, "server_url")};
    }

private:
    Client client_;
};

/// Part by part, the lines that go and come.
base::Result<json::object> changes_of(const std::string& host, const Running& running, Pending& pending) {
    json::object changes;
    std::string server_url;
    for (const auto* part : parts) {
        const auto now = running.text(host, part);
        if (!now) return now.error();
        if (!now->server_url.empty()) server_url = now->server_url;
        const auto changed = line_diff(now->text, pending.text(host, part, server_url));
        if (!changed.empty()) changes[part] = changed;
    }
    return changes;
}

void print(const std::string& host, const json::object& changes) {
    for (const auto& [part, lines] : changes)
        fmt::print("{}: {}\n{}", host, std::string_view(part), std::string_view(lines.get_string()));
}

}  // namespace

int diff(const ConfigOption& config, Output output) {
    const auto configuration = load_or_complain(config);
    if (!configuration) return failed;
    const Running running(configuration->config());
    const auto served = running.hosts();
    if (!served) return complain(served.error().message());
    auto pending = Pending::open(configuration);
    if (!pending) return complain(pending.error().message());
    auto all = *served;
    for (const auto& host : configuration->hosts())
        all.insert(host.name);
    json::object found;
    for (const auto& name : all) {
        const bool goes = configuration->host(name) == nullptr;
        const bool comes = !served->contains(name);
        if (goes || comes) {
            found[name] = goes ? "removed" : "added";
            if (output == Output::text) fmt::print("{} host {}\n", goes ? "-" : "+", name);
            continue;
        }
        const auto changes = changes_of(name, running, **pending);
        if (!changes) return complain(changes.error().message());
        if (output == Output::text) print(name, *changes);
        if (!changes->empty()) found[name] = *changes;
    }
    if (output == Output::json)
        fmt::print("{}\n", json::serialize(found));
    else if (found.empty())
        fmt::print("no host would be served anything else\n");
    return done;
}

}  // namespace musterd::app
