// Every problem that a configuration can have, as it is shown: file:line:col and words.
#include "profiles/load.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

using namespace musterd;
using namespace musterd::profiles;

namespace {

/// The messages without the lines and carets under them.
std::vector<std::string> shown(const Loaded& loaded) {
    std::vector<std::string> lines;
    for (const auto& [where, severity, message] : loaded.problems.sorted()) {
        lines.push_back(where.file + ":" + std::to_string(where.line) + ":" + std::to_string(where.column) + ": " +
                        (severity == base::Severity::error ? "" : "warning: ") + message);
    }
    return lines;
}

struct Row {
    std::string text;
    std::vector<std::string> problems;
};

}  // namespace

TEST_CASE("problems of the main file") {
    const std::vector<Row> rows = {
        {"data_dir = ", {"m:1:12: Error while parsing key-value pair: encountered end-of-file"}},
        {"data_dir = 1", {"m:1:12: data_dir: expected a string"}},
        {"data_dir = ''", {"m:1:12: data_dir: must not be empty"}},
        {"datadir = 'x'", {"m:1:1: datadir: unknown key; did you mean \"data_dir\"?"}},
        {"\n[netwrk]\n", {"m:2:2: netwrk: unknown key; did you mean \"network\"?"}},
        {"[network]\nhttp_prot = 80", {"m:2:1: network.http_prot: unknown key; did you mean \"http_port\"?"}},
        {"[journal]\nkeep = \"long\"",
         {"m:2:8: journal.keep: \"long\" is not a duration (expected 90s, 15m, 1h30m, 90d)"}},
        {"[journal]\nmax_size = \"10KiB\"", {"m:2:12: journal.max_size: at least 1MiB"}},
        {"[network]\nmax_downloads = 0", {"m:2:17: network.max_downloads: expected a whole number from 1 to 1000000"}},
        {"[network]\nhttp_port = 0", {"m:2:13: network.http_port: expected a whole number from 1 to 65535"}},
        {"[tftp]\nmax_blksize = 511", {"m:2:15: tftp.max_blksize: expected a whole number from 512 to 65464"}},
        {"[tftp]\nmax_windowsize = 65", {"m:2:18: tftp.max_windowsize: expected a whole number from 1 to 64"}},
        {"[network]\ninterfaces = ['eth0', 'a/b']",
         {"m:2:14: network.interfaces: \"a/b\" is not the name of an interface"}},
        {"[dhcp]\nmode = 'of'", {"m:2:8: dhcp.mode: \"of\" is not one of proxy, off (did you mean \"off\"?)"}},
        {"[dhcp]\nunknown_hosts = 'hodl'",
         {"m:2:17: dhcp.unknown_hosts: there is no profile \"hodl\"; did you mean \"hold\"?"}},
        {"[dhcp]\nunknown_hosts = 'bluefield'",
         {"m:2:17: dhcp.unknown_hosts: profile \"bluefield\" boots an image but names none: use one that inherits it "
          "and "
          "has image = \"NAME\"",
          "m:2:17: dhcp.unknown_hosts: profile \"bluefield\" installs, and would write the disk of every machine that "
          "asks: name the hosts, or say in [[machines]] which it is for"}},
        {"[dhcp]\nunknown_hosts = 'linux'",
         {"m:2:17: dhcp.unknown_hosts: profile \"linux\" boots an image but names none: use one that inherits it and "
          "has image = \"NAME\""}},
        {"[api]\ntls_cert = 'c'", {"m:2:12: api.tls_cert: set without \"tls_key\": both or neither"}},
        {"[network]\nhttp_port = 8443\n[api]\ntls_cert = 'c'\ntls_key = 'k'",
         {"m:2:13: network.http_port: the ports of HTTP and HTTPS must not be the same"}},
        {"[network]\nhttps_port = 443",
         {"m:2:14: network.https_port: set without a certificate: add tls_cert and "
          "tls_key to [api]"}},
        {"[network]\nhttps_port = 443\n[api]\ntls_cert = 'c'",
         {"m:4:12: api.tls_cert: set without \"tls_key\": both or neither"}},
        {"[api]\ntls_key = 'k'", {"m:2:11: api.tls_key: set without \"tls_cert\": both or neither"}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto loaded = load_texts({"m", row.text}, {}, {});
        CHECK(loaded.configuration == nullptr);
        const auto problems = shown(loaded);
        CAPTURE(fmt::format("{}", fmt::join(problems, "\n")));
        CHECK(problems == row.problems);
    }
}

TEST_CASE("problems of profiles") {
    const std::string space = "a space would start another argument: write two, or quote it as in a=\"b c\"";
    const std::vector<Row> rows = {
        {"[profile.a]\ninherits = 'linx'",
         {"p:2:12: profile.a.inherits: there is no profile \"linx\"; did you mean \"linux\"?"}},
        {"[profile.a]\ninherits = 'somewhere'", {"p:2:12: profile.a.inherits: there is no profile \"somewhere\""}},
        {"[profile.a]\ninherits = 'a'", {"p:2:12: profile.a.inherits: goes round in a circle: a > a"}},
        {"[profile.a]\ninherits = 'b'\n[profile.b]\ninherits = 'c'\n[profile.c]\ninherits = 'b'",
         {"p:4:12: profile.b.inherits: goes round in a circle: b > c > b"}},
        {"[profile.linux]\nimage = 'i'",
         {"p:1:1: profile.linux: \"linux\" is built in: choose another name, and inherit it if you want to add to it"}},
        {"[profile.ignore]\nimage = 'i'",
         {"p:1:1: profile.ignore: \"ignore\" is built in: choose another name, and inherit it if you want to add to "
          "it"}},
        {"[profile.'A b']\nimage = 'i'",
         {"p:1:1: profile.A b: not a profile's name: a-z, 0-9, '.', '_' and '-', at most 64, starting with a letter or "
          "digit"}},
        {"[profile.a]\n", {"p:1:1: profile.a: it boots an image but names none: add image = \"NAME\""}},
        {"[profile.a]\nimage = 'Nix'",
         {"p:1:1: profile.a: it boots an image but names none: add image = \"NAME\"",
          "p:2:9: profile.a.image: \"Nix\" is not an image name (a-z, 0-9, '.', '_' and '-', at most 64, starting with "
          "a "
          "letter or digit), nor 64 digits of a digest"}},
        {"[profile.a]\nimage = 'i'\nimagee = 'j'", {"p:3:1: profile.a.imagee: unknown key; did you mean \"image\"?"}},
        {"[profile.a]\nimage = 'i'\nargs = ['q', 1]", {"p:3:14: profile.a.args[1]: expected a string"}},
        {"[profile.a]\nimage = 'i'\nargs = ['q', 'a={{b']", {"p:3:17: profile.a.args[1]: {{ without }}"}},
        {"[profile.a]\nimage = 'i'\nargs = [\n  \"\\u00e9={{ a b }}\",\n]",
         {"p:4:15: profile.a.args[0]: \"a b\" is not a name: letters, digits, '_' and '-', with single dots between "
          "words"}},
        {"[profile.a]\nimage = 'i'\nargs = 'console=ttyS0 quiet'", {"p:3:22: profile.a.args[0]: " + space}},
        {"[profile.a]\nimage = 'i'\nargs = ['{{var.gpu}}']\nvars = { gpu = 'x' }",
         {"p:3:12: profile.a.args: there is no \"var.gpu\"; did you mean \"vars.gpu\"?"}},
        {"[profile.a]\nimage = 'i'\nargs = ['{{host.nmae}}']",
         {"p:3:12: profile.a.args: there is no \"host.nmae\"; did you mean \"host.name\"?"}},
        {"[profile.a]\nimage = 'i'\nvars = { 'a b' = 'x' }",
         {"p:3:8: profile.a.vars: \"a b\" is not a name: letters, digits, '_' and '-'"}},
        {"[profile.a]\nimage = 'i'\nvars = { a = [1, {}] }",
         {"p:3:14: profile.a.vars.a: expected a string, number or boolean, or an array of these"}},
        {"profile = 1", {"p:1:11: profile: expected named tables: write [profile.NAME]"}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto loaded = load_texts({"m", ""}, {{"p", row.text}}, {});
        CHECK(loaded.configuration == nullptr);
        const auto problems = shown(loaded);
        CAPTURE(fmt::format("{}", fmt::join(problems, "\n")));
        CHECK(problems == row.problems);
    }
}

TEST_CASE("a profile that stands in two files is reported with both places") {
    const auto loaded =
        load_texts({"m", ""}, {{"p1", "[profile.a]\nimage = 'i'"}, {"p2", "\n[profile.a]\nimage = 'j'"}}, {});
    CHECK(shown(loaded) == std::vector<std::string>{"p2:2:1: profile.a: there is another of this name, at p1:1:1"});
}

TEST_CASE("an image on a profile that boots none is a warning, not an error") {
    const auto loaded = load_texts({"m", ""}, {{"p", "[profile.a]\ninherits = 'local'\nimage = 'i'"}}, {});
    CHECK(loaded.configuration != nullptr);
    CHECK(shown(loaded) ==
          std::vector<std::string>{"p:1:1: warning: profile.a: \"image\" and \"args\" have no effect: it comes from "
                                   "\"local\", which boots no image"});
}

TEST_CASE("problems of hosts") {
    const std::string not_a_name = "is not a host name: a-z, 0-9 and '-' (RFC 1123), at most 64 characters";
    const std::vector<Row> rows = {
        {"[[host]]\nserial = '1'\nprofile = 'local'", {"h:1:1: host[0]: \"name\" is missing"}},
        {"[[host]]\nname = 'a'\nserial = '1'", {"h:1:1: host[0]: \"profile\" is missing"}},
        {"[[host]]\nname = 'a'\nprofile = 'local'",
         {"h:1:1: host[0]: none of \"mac\", \"uuid\" and \"serial\" is set, so no machine can be known as it"}},
        {"[[host]]\nname = 'R640'\nserial = '1'\nprofile = 'local'", {"h:2:8: host[0].name: \"R640\" " + not_a_name}},
        {"[[host]]\nname = 'a..b'\nserial = '1'\nprofile = 'local'", {"h:2:8: host[0].name: \"a..b\" " + not_a_name}},
        {"[[host]]\nname = '-a'\nserial = '1'\nprofile = 'local'", {"h:2:8: host[0].name: \"-a\" " + not_a_name}},
        {"[[host]]\nname = 'a.'\nserial = '1'\nprofile = 'local'", {"h:2:8: host[0].name: \"a.\" " + not_a_name}},
        {"[[host]]\nname = 'a'\nserial = '1'\nprofile = 'locla'",
         {"h:4:11: host[0]: there is no profile \"locla\"; did you mean \"local\"?"}},
        {"[[host]]\nname = 'a'\nserial = '1'\nprofile = 'linux'",
         {"h:4:11: host[0]: profile \"linux\" boots an image but names none: use one that inherits it and has image = "
          "\"NAME\""}},
        {"[[host]]\nname = 'a'\nmac = 'zz'\nprofile = 'local'",
         {"h:3:7: host[0].mac: \"zz\" is not a MAC address (expected aa:bb:cc:dd:ee:ff)"}},
        {"[[host]]\nname = 'a'\nmac = [ '02:00:00:00:00:01',\n  '03:00:00:00:00:02' ]\nprofile = 'local'",
         {"h:4:3: host[0].mac: \"03:00:00:00:00:02\" is no machine's: a group address"}},
        {"[[host]]\nname = 'a'\nmac = '00:00:00:00:00:00'\nprofile = 'local'",
         {"h:3:7: host[0].mac: \"00:00:00:00:00:00\" is no machine's: all zero"}},
        {"[[host]]\nname = 'a'\nuuid = '1234'\nprofile = 'local'",
         {"h:3:8: host[0].uuid: \"1234\" is not a UUID (expected xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx)"}},
        {"[[host]]\nname = 'a'\nuuid = 'ffffffff-ffff-ffff-ffff-ffffffffffff'\nprofile = 'local'",
         {"h:3:8: host[0].uuid: is no machine's: firmware without a UUID sends it"}},
        {"[[host]]\nname = 'a'\nserial = '1'\nprofile = 'local'\nvarz = {}",
         {"h:5:1: host[0].varz: unknown key; did you mean \"vars\"?"}},
        {"[host]\nname = 'a'", {"h:1:1: host: expected an array of tables: write [[host]]"}},
        {"[[host]]\nname = 'a'\nserial = '1'\nprofile = 'w'",
         {"h:1:1: host[0]: vars.gpu is not set, and profile \"w\" uses it at p:3:16"}},
        {"[[host]]\nname = 'a'\nserial = '1'\nprofile = 'w'\nvars = { gup = 'x' }",
         {"h:5:8: host[0]: vars.gpu is not set, and profile \"w\" uses it at p:3:16; did you mean \"vars.gup\"?"}},
        {"[[host]]\nname = 'a'\nserial = '1'\nprofile = 'w'\nvars = { gpu = \"x\\ny\" }",
         {"h:5:8: host[0]: vars.gpu holds a control character (it is used at p:3:16)"}},
        {"[[host]]\nname = 'a'\nserial = '1'\nprofile = 'w'\nvars = { gpu = 'x\"' }",
         {"h:5:8: host[0]: vars.gpu holds a double quote, which the kernel cannot take (it is used at p:3:16)"}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto loaded =
            load_texts({"m", ""}, {{"p", "[profile.w]\nimage = 'i'\nargs = ['gpu={{vars.gpu}}']"}}, {{"h", row.text}});
        CHECK(loaded.configuration == nullptr);
        const auto problems = shown(loaded);
        CAPTURE(fmt::format("{}", fmt::join(problems, "\n")));
        CHECK(problems == row.problems);
    }
}

TEST_CASE("unknown hosts have no variables of their own") {
    const auto loaded = load_texts({"m", "[dhcp]\nunknown_hosts = 'w'"},
                                   {{"p", "[profile.w]\nimage = 'i'\nargs = ['gpu={{vars.gpu}}']"}}, {});
    CHECK(shown(loaded) ==
          std::vector<std::string>{"m:2:17: dhcp.unknown_hosts: vars.gpu is not set, and profile \"w\" "
                                   "uses it at p:3:16"});
}

TEST_CASE("two hosts that claim one thing are reported with both places") {
    const std::string first = R"([[host]]
name = "a"
mac = ["02:00:00:00:00:01", "02:00:00:00:00:02"]
uuid = "00112233-4455-6677-8899-aabbccddeeff"
serial = "X1"
profile = "local"
)";
    const std::vector<Row> rows = {
        {"name = 'a'\nserial = '2'", {"h2:2:8: host[0]: the name \"a\" is taken by host \"a\" at h1:2:8"}},
        {"name = 'b'\nmac = ['02:00:00:00:00:03', '02-00-00-00-00-02']",
         {"h2:3:29: host[0]: MAC 02:00:00:00:00:02 is taken by host \"a\" at h1:3:29"}},
        {"name = 'b'\nmac = ['02:00:00:00:00:03', '020000000003']",
         {"h2:3:29: host[0]: MAC 02:00:00:00:00:03 is taken by host \"b\" at h2:3:8"}},
        {"name = 'b'\nuuid = '00112233-4455-6677-8899-aabbccddeeff'",
         {"h2:3:8: host[0]: UUID 00112233-4455-6677-8899-aabbccddeeff is taken by host \"a\" at h1:4:8"}},
        {"name = 'b'\nuuid = '33221100-5544-7766-8899-aabbccddeeff'",
         {"h2:3:8: host[0]: UUID 33221100-5544-7766-8899-aabbccddeeff is taken by host \"a\" at h1:4:8"}},
        {"name = 'b'\nserial = 'x1'", {"h2:3:10: host[0]: serial \"x1\" is taken by host \"a\" at h1:5:10"}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto loaded =
            load_texts({"m", ""}, {}, {{"h1", first}, {"h2", "[[host]]\n" + row.text + "\nprofile = 'local'"}});
        CHECK(loaded.configuration == nullptr);
        const auto problems = shown(loaded);
        CAPTURE(fmt::format("{}", fmt::join(problems, "\n")));
        CHECK(problems == row.problems);
    }
}

TEST_CASE("hosts of a profile that is broken get no message of their own") {
    const auto loaded = load_texts({"m", ""}, {{"p", "[profile.w]\ninherits = 'bluefild'\nimage = 'i'"}},
                                   {{"h", "[[host]]\nname = 'a'\nserial = '1'\nprofile = 'w'"}});
    CHECK(shown(loaded) ==
          std::vector<std::string>{
              "p:2:12: profile.w.inherits: there is no profile \"bluefild\"; did you mean \"bluefield\"?"});
}

TEST_CASE("six mistakes in three files are shown all at once, sorted, each with its line and a caret") {
    const SourceText main{"musterd.toml", R"([network]
http_port = "8080"
)"};
    const SourceText profiles{"profiles.d/nixos.toml", R"([profile.nixos-worker]
inherits = "linux"
image = "nixos-worker"
args = ["console=ttyS0", "gpu={{vrs.gpu}}"]
)"};
    const SourceText hosts{"hosts.d/rack.toml", R"([[host]]
name = "r640"
mac = ["b8:ce:f6:01:02:03", "b8:ce:f6:01:02"]
profile = "nixos-wroker"
vars = { gpu = "v100" }

[[host]]
name = "r740"
mac = ["b8:ce:f6:01:02:03"]
profile = "nixos-worker"
	varz = { gpu = "a2" }
)"};
    const auto loaded = load_texts(main, {profiles}, {hosts});
    CHECK(loaded.configuration == nullptr);
    CHECK(
        loaded.problems.render() ==
        R"(hosts.d/rack.toml:3:29: error: host[0].mac: "b8:ce:f6:01:02" is not a MAC address (expected aa:bb:cc:dd:ee:ff)
    mac = ["b8:ce:f6:01:02:03", "b8:ce:f6:01:02"]
                                ^
hosts.d/rack.toml:4:11: error: host[0]: there is no profile "nixos-wroker"; did you mean "nixos-worker"?
    profile = "nixos-wroker"
              ^
hosts.d/rack.toml:9:8: error: host[1]: MAC b8:ce:f6:01:02:03 is taken by host "r640" at hosts.d/rack.toml:3:8
    mac = ["b8:ce:f6:01:02:03"]
           ^
hosts.d/rack.toml:11:2: error: host[1].varz: unknown key; did you mean "vars"?
    	varz = { gpu = "a2" }
    	^
musterd.toml:2:13: error: network.http_port: expected a whole number from 1 to 65535
    http_port = "8080"
                ^
profiles.d/nixos.toml:4:33: error: profile.nixos-worker.args: there is no "vrs.gpu"; did you mean "vars.gpu"?
    args = ["console=ttyS0", "gpu={{vrs.gpu}}"]
                                    ^
)");
}

TEST_CASE("one is warned of a host that nobody could log in to when our answers have installed it") {
    const auto warned = [](const std::string& profile, const std::string& host = {}) {
        const auto loaded =
            load_texts({"m", ""}, {{"p", "[profile.d]\ninherits = 'debian-install'\nimage = 'i'\n" + profile}},
                       {{"h", "[[host]]\nname = 'a'\nserial = '1'\nprofile = 'd'\n" + host}},
                       {{(std::filesystem::current_path() / "own.cfg").string(), "d-i time/zone string UTC\n"}});
        REQUIRE_MESSAGE(loaded.configuration, loaded.problems.render());
        return loaded.problems.render().find("nobody can log in") != std::string::npos;
    };
    CHECK(warned(""));
    CHECK_FALSE(warned("vars = { root_password_hash = 'x' }\n"));
    CHECK_FALSE(warned("", "vars = { ssh_keys = ['k'] }\n"));
    CHECK_FALSE(warned("preseed = 'own.cfg'\n"));
    CHECK_FALSE(warned("", "preseed = 'own.cfg'\n"));
}
