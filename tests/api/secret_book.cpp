#include "server/api/secret_book.hpp"

#include "server/api/boot_file.hpp"
#include "server/api/render.hpp"
#include "server/api/script_desk.hpp"
#include "server/api/seed_desk.hpp"
#include "tests/support/overlay_reader.hpp"
#include "tests/support/slice_text.hpp"
#include "tests/support/test_site.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <deque>
#include <fstream>

using namespace musterd;

namespace {

const std::string server = "http://10.55.0.5:8080";
const std::string own_address = "10.55.0.101";
const std::string mac = "52:54:00:00:00:21";
const profiles::SecretSource from_file{"/secrets/wifi", {}, {}};

/// A site with the host "keeper", whose secret "wifi" the test gives when it likes.
class SecretSite {
public:
    SecretSite() : test({}, open(), hosts("file = '/secrets/wifi'"), profile, documents()) {
        site().secret_book().read_by([this](const profiles::SecretSource&) { return reading; },
                                     [this](std::function<void()> work, std::function<void()> then) {
                                         work();
                                         waiting.push_back(std::move(then));
                                     });
    }

    api::Site& site() { return test.site(); }
    /// The source gives this from now on.
    void gives(base::Result<std::string> text) { reading = {std::move(text)}; }
    void refresh() {
        site().secret_book().refresh(site().configuration());
        settle();
    }
    void settle() {
        while (!waiting.empty()) {
            const auto next = std::move(waiting.front());
            waiting.pop_front();
            next();
        }
    }
    [[nodiscard]] base::Result<std::string> wifi() {
        const auto texts = site().secret_book().texts({{"wifi", {from_file, {}}}});
        if (!texts) return texts.error();
        return texts->at("wifi");
    }
    std::string script() {
        return *api::serve_script(site(), {{{"mac", mac}, {"arch", "amd64"}}, own_address, server});
    }
    std::string boot() {
        REQUIRE(script().find("kernel ") != std::string::npos);
        return test.events().back().boot;
    }
    base::Result<std::string> seed(const std::string& boot, const std::string& peer = own_address) {
        const auto made = api::SeedDesk(site()).open({boot, "user-data", peer, server});
        if (!made) return made.error();
        return made->text;
    }
    base::Result<std::string> in_overlay(const std::string& boot, const std::string& peer = own_address) {
        const auto file = api::open_file_of_boot(site(), boot, "overlay", {peer, server, "http"});
        if (!file) return file.error();
        std::string found;
        support::read_overlay(support::text_of(file->slice), [&found](archive_entry* entry, const std::string& text) {
            if (std::string(archive_entry_pathname(entry)).ends_with("/run/musterd/secrets/wifi")) found = text;
        });
        return found;
    }

    static std::string hosts(const std::string& source) {
        return "[[host]]\nname = 'keeper'\nmac = '" + mac + "'\nprofile = 'keeper'\nsecrets.wifi = { " + source +
               " }\n";
    }
    static std::vector<profiles::SourceText> documents() {
        return {{"/c/d.yaml", "#cloud-config\nwifi: {{secret.wifi | yaml}}\n"}};
    }
    static constexpr const char* profile =
        "[profile.keeper]\ninherits = 'ubuntu'\nimage = 'rooted'\nuser_data = '/c/d.yaml'\n";

    support::TestSite test;
    api::SecretReading reading{base::Error("is not there")};
    std::deque<std::function<void()>> waiting;

private:
    static std::unique_ptr<boots::Journal> open() {
        auto journal = boots::open_sqlite_journal({});
        return std::move(*journal);
    }
};

}  // namespace

TEST_CASE("a host is not served before its secrets are read, and is told why, not what") {
    SecretSite site;
    site.site().secret_book().refresh(site.site().configuration());
    CHECK(site.script().find("secret \"wifi\" is still being read") != std::string::npos);
    site.settle();
    CHECK(site.script().find("secret \"wifi\" cannot be had: /secrets/wifi is not there") != std::string::npos);
    CHECK(site.test.events().back().kind == base::EventKind::script_refused);
    site.gives("hunter2");
    site.refresh();
    const auto boot = site.boot();
    CHECK(*site.in_overlay(boot) == "hunter2\n");
    CHECK(site.seed(boot)->find("wifi: \"hunter2\"") != std::string::npos);
    CHECK(site.in_overlay(boot, "10.55.0.66").error().code() == std::errc::permission_denied);
    CHECK(site.seed(boot, "10.55.0.66").error().code() == std::errc::permission_denied);
    for (const auto& event : site.test.events()) {
        CHECK(base::to_json(event).find("hunter2") == std::string::npos);
    }
}

TEST_CASE("render shows a word in a secret's place unless secrets are asked for") {
    SecretSite site;
    CHECK(api::render(site.site(), {"keeper", "user-data", server})->find("wifi: \"«secret»\"") != std::string::npos);
    CHECK(api::render(site.site(), {"keeper", "user-data", server, true}).error().code() ==
          std::errc::resource_unavailable_try_again);
    site.gives("hunter2");
    site.refresh();
    for (const std::string what : {"script", "grub", "overlay", "user-data", "meta-data"}) {
        CAPTURE(what);
        CHECK(api::render(site.site(), {"keeper", what, server})->find("hunter2") == std::string::npos);
    }
    CHECK(api::render(site.site(), {"keeper", "overlay", server})
              ->find("==> .initrd-secrets/run/musterd/secrets/wifi <==\n«secret»\n") != std::string::npos);
    CHECK(api::render(site.site(), {"keeper", "user-data", server, true})->find("hunter2") != std::string::npos);
}

TEST_CASE("a source that fails later keeps what it was before") {
    SecretSite site;
    site.gives("first");
    site.refresh();
    site.gives(base::Error("ended with status 1"));
    site.refresh();
    CHECK(*site.wifi() == "first");
    site.gives("second");
    site.refresh();
    CHECK(*site.wifi() == "second");
}

TEST_CASE("a boot under way keeps the secrets and documents that it began with") {
    SecretSite site;
    site.gives("first");
    site.refresh();
    const auto early = site.boot();
    site.gives("second");
    const auto main = site.site().configuration().config();
    auto changed = profiles::load_texts(
        {"/m.toml", "data_dir = '" + main.data_dir.string() + "'"},
        {{"/p.toml", "[profile.keeper]\ninherits = 'ubuntu'\nimage = 'rooted'\nuser_data = '/c/e.yaml'\n"}},
        {{"/h.toml", SecretSite::hosts("file = '/secrets/wifi'")}},
        {{"/c/e.yaml", "#cloud-config\nother: {{secret.wifi | yaml}}\n"}});
    REQUIRE(changed.configuration);
    site.site().reload(changed.configuration);
    site.settle();
    CHECK(site.seed(early)->find("wifi: \"first\"") != std::string::npos);
    CHECK(*site.in_overlay(early) == "first\n");
    const auto late = site.boot();
    CHECK(site.seed(late)->find("other: \"second\"") != std::string::npos);
    CHECK(*site.in_overlay(late) == "second\n");
    CHECK(site.in_overlay(early).error().code() == std::errc::permission_denied);
}

TEST_CASE("a boot that began before this start is given what there is now, and is asked to wait for a secret") {
    SecretSite site;
    base::Event event;
    event.host = "keeper";
    event.mac = mac;
    event.address = own_address;
    event.image = images::Reference{"rooted", site.test.rooted().digest}.to_string();
    const auto boot = site.test.boots().start_boot(event)->boot;
    CHECK(site.seed(boot).error().code() == std::errc::resource_unavailable_try_again);
    site.gives("now");
    site.refresh();
    CHECK(site.seed(boot)->find("wifi: \"now\"") != std::string::npos);
    site.gives("later");
    site.refresh();
    CHECK(site.seed(boot)->find("wifi: \"now\"") != std::string::npos);
}

TEST_CASE("a reading that a newer one has overtaken changes nothing, and a change while reading is read too") {
    SecretSite site;
    site.gives("first");
    site.site().secret_book().refresh(site.site().configuration());  // reads "first", and has not told it yet
    site.gives("second");
    site.site().secret_book().refresh(site.site().configuration());
    CHECK(site.waiting.size() == 1);
    site.settle();
    CHECK(*site.wifi() == "second");
}

TEST_CASE("files and commands as secrets, good and bad") {
    const support::TemporaryFolder folder;
    const auto path = [&folder](const std::string& name) { return folder.path() / name; };
    const auto put = [&](const std::string& name, const std::string& text, unsigned mode) {
        std::ofstream(path(name)) << text;
        REQUIRE(::chmod(path(name).c_str(), mode) == 0);
    };
    put("good", "hunter2\n", 0600);
    put("open", "hunter2\n", 0644);
    put("binary", "\xff\xfe", 0600);
    put("large", std::string(70'000, 'x'), 0600);
    REQUIRE(::mkfifo(path("fifo").c_str(), 0600) == 0);
    const auto file = [&](const std::string& name) { return api::read_secret({path(name), {}, {}}); };
    CHECK(*file("good").text == "hunter2");
    CHECK(file("good").warning.empty());
    CHECK(*file("open").text == "hunter2");
    CHECK(file("open").warning == "can be read by everybody on this computer: chmod o-rwx " + path("open").string());
    CHECK(file("binary").text.error().message() == "is no text in UTF-8; encode it, as in base64");
    CHECK(file("large").text.error().message() == "cannot be read: File too large");
    CHECK(file("missing").text.error().message() == "cannot be read: No such file or directory");
    CHECK_FALSE(file("fifo").text);
    CHECK_FALSE(api::read_secret({"/dev/zero", {}, {}}).text);
    const auto command = [&](const std::string& script) {
        return api::read_secret({{}, {"sh", "-c", script}, folder.path()}).text;
    };
    CHECK(*command("cat good") == "hunter2");
    CHECK(command("echo hunter2 >&2; exit 1").error().message() == "ended with status 1");
    CHECK(command("yes").error().message() == "printed more than 64 KiB");
    CHECK(command("printf 'a\\0b'").error().message() == "holds a NUL: it is no text; encode it, as in base64");
    CHECK(command("true").error().message() == "is empty");
    CHECK(api::problem_of_source({path("missing"), {}, {}}) ==
          "comes from " + path("missing").string() + ", which is not there: No such file or directory");
    CHECK(api::problem_of_source({folder.path(), {}, {}}) ==
          "comes from " + folder.path().string() + ", which is no regular file");
    CHECK(api::problem_of_source({{}, {"no-such-sops"}, "/"}) ==
          "comes from \"no-such-sops\", which is no program in PATH");
    CHECK(api::problem_of_source({{}, {"sh"}, "/"}).empty());
}

TEST_CASE("a document that its machine had whole is served again, and the first time and the fifth are an event") {
    SecretSite site;
    site.gives("hunter2");
    site.refresh();
    const auto boot = site.boot();
    const auto second_readers = [&site] {
        const auto all = site.test.events();
        return std::count_if(all.begin(), all.end(),
                             [](const auto& event) { return event.kind == base::EventKind::second_reader; });
    };
    const auto read = [&](std::uint64_t sent) {
        const auto seed = api::SeedDesk(site.site()).open({boot, "user-data", own_address, server});
        REQUIRE(seed);
        auto event = seed->event;
        event.sent = sent;
        event.size = seed->text.size();
        if (event.sent != event.size) event.reason = "the client went away";
        REQUIRE(site.test.boots().record(event));
        return seed->text.size();
    };
    const auto size = read(10);
    CHECK(second_readers() == 0);
    read(size);  // the retry of what broke off
    CHECK(second_readers() == 0);
    read(size);
    CHECK(second_readers() == 1);
    for (int i = 0; i < 10; ++i)
        read(size);
    CHECK(second_readers() == 2);
    const auto all = site.test.events();
    const auto event = *std::find_if(all.begin(), all.end(),
                                     [](const auto& each) { return each.kind == base::EventKind::second_reader; });
    CHECK(event.boot == boot);
    CHECK(event.host == "keeper");
    CHECK(event.address == own_address);
    CHECK(event.file == "seed/user-data");
    CHECK(event.reason == "its machine had it whole before: a retry, or somebody else at its address");
}
