#include "profiles/kernel_line.hpp"

#include "profiles/built_in.hpp"
#include "profiles/load.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace musterd::profiles;

namespace {

Template parsed(std::string_view text) {
    const auto result = Template::parse(text);
    REQUIRE(result.has_value());
    return *result;
}

Plan plan_with(const std::vector<std::string>& args, Variables vars = {}) {
    Plan plan;
    plan.action = Action::boot;
    for (const auto& arg : args) {
        plan.args.push_back({parsed(arg), {}});
    }
    plan.vars = std::move(vars);
    return plan;
}

Host host_with(Variables vars) {
    Host host;
    host.name = "r640";
    host.vars = std::move(vars);
    return host;
}

const BootFacts facts{*base::Mac::parse("b8:ce:f6:01:02:03"), "nixos", std::string(64, 'd')};

}  // namespace

TEST_CASE("arguments come out in order with every name replaced") {
    const auto plan = plan_with({"quiet", "h={{host.name}}", "m={{host.mac}}", "i={{image.name}}@{{image.digest}}",
                                 "g={{vars.gpu}}-{{vars.rack}}"},
                                {{"gpu", "none"}, {"rack", "7"}});
    const auto host = host_with({{"gpu", "v100"}});
    CHECK(kernel_arguments(plan, &host, facts) == std::vector<std::string>{"quiet", "h=r640", "m=b8:ce:f6:01:02:03",
                                                                           "i=nixos@" + std::string(64, 'd'),
                                                                           "g=v100-7"});
}

TEST_CASE("a machine that no host names is called by its MAC and has its plan's variables") {
    const auto plan = plan_with({"h={{host.name}}", "g={{vars.gpu}}"}, {{"gpu", "none"}});
    CHECK(kernel_arguments(plan, nullptr, facts) == std::vector<std::string>{"h=b8-ce-f6-01-02-03", "g=none"});
}

TEST_CASE("an argument stays one argument when a variable has a space in it") {
    struct Row {
        std::string arg;
        std::string value;
        std::vector<std::string> result;
    };
    const std::vector<Row> rows = {
        {"a={{vars.x}}", "b c", {"a=\"b c\""}},
        {"a={{vars.x}}z", " ", {"a=\" z\""}},
        {"{{vars.x}}", "b c", {"\"b c\""}},
        {"{{vars.x}}", "a=b c", {"a=\"b c\""}},
        {"{{vars.x}}", "a b=c", {"\"a b=c\""}},
        {"a=\"{{vars.x}}\"", "b c", {"a=\"b c\""}},
        {"a=\"b {{vars.x}}\"", "c", {"a=\"b c\""}},
        {"a={{vars.x}}", "", {"a="}},
        {"{{vars.x}}", "", {}},
        {"a={{vars.x}}", "\xc3\xa0", {"a=\"\xc3\xa0\""}},  // the kernel takes byte 0xa0 for white space
    };
    for (const auto& row : rows) {
        CAPTURE(row.arg);
        CAPTURE(row.value);
        const auto plan = plan_with({row.arg});
        const auto host = host_with({{"x", row.value}});
        CHECK_FALSE(problem_in_argument(plan.args[0].text).has_value());
        CHECK(problem_in_value(plan.args[0].text, "vars.x", row.value).empty());
        CHECK(kernel_arguments(plan, &host, facts) == row.result);
    }
}

TEST_CASE("a text that is not one kernel argument is refused with its place") {
    struct Row {
        std::string arg;
        std::size_t offset;
        std::string message;
    };
    const std::string space = "a space would start another argument: write two, or quote it as in a=\"b c\"";
    const std::vector<Row> rows = {
        {"", 0, "an argument must not be empty"},
        {"console=ttyS0 quiet", 13, space},
        {"{{vars.x}} ", 10, space},
        {"a=\"b c\" d", 7, space},
        {"a=\xc3\xa0", 3, space},
        {"a\nb", 1, "a control character is not allowed"},
        {"a=\"b\tc\"", 4, "a control character is not allowed"},
        {"a=\"b", 0, "a double quote is not closed"},
        {"a=\"b{{vars.x}}", 0, "a double quote is not closed"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.arg);
        const auto problem = problem_in_argument(parsed(row.arg));
        REQUIRE(problem.has_value());
        CHECK(problem->offset == row.offset);
        CHECK(problem->message == row.message);
    }
}

TEST_CASE("a value that would break out of its argument is refused") {
    struct Row {
        std::string arg;
        std::string value;
        std::string problem;
    };
    const std::vector<Row> rows = {
        {"a={{vars.x}}", "b\nc", "holds a control character"},
        {"a={{vars.x}}", std::string("b\0c", 3), "holds a control character"},
        {"a={{vars.x}}", "b\x7f", "holds a control character"},
        {"a={{vars.x}}", "b\" c", "holds a double quote, which the kernel cannot take"},
        {"a=\"{{vars.x}}\"", "b\"", "holds a double quote, which the kernel cannot take"},
        {"a={{vars.x}}", "${net0/mac}", "holds \"${\", which iPXE would replace"},
        {"a=\"b\"{{vars.x}}", "c d", "holds a space and stands outside the argument's own quotes"},
        {"a=\"{{vars.y}}\"{{vars.x}}", "c d", "holds a space and stands outside the argument's own quotes"},
        {"a=\"{{vars.x}}\"{{vars.y}}", "c d", ""},
        {"a=\"b\"{{vars.x}}", "c", ""},
    };
    for (const auto& row : rows) {
        CAPTURE(row.arg);
        CHECK(problem_in_value(parsed(row.arg), "vars.x", row.value) == row.problem);
    }
}

TEST_CASE("a built-in profile's own arguments stand before those that a person adds, and are not replaced by them") {
    const auto loaded =
        load_texts({"m", ""}, {{"p", "[profile.w]\ninherits = 'nixos'\nimage = 'i'\nargs = ['console=ttyS0']"}},
                   {{"h", "[[host]]\nname = 'r640'\nmac = 'b8:ce:f6:01:02:03'\nprofile = 'w'"}});
    REQUIRE(loaded.configuration);
    const auto& host = loaded.configuration->hosts().front();
    auto boot = facts;
    boot.machine_id = "0123";
    CHECK(kernel_arguments(*loaded.configuration->plan("w"), &host, boot) ==
          std::vector<std::string>{"systemd.hostname=r640", "systemd.machine_id=0123", "panic=30", "boot.panic_on_fail",
                                   "console=ttyS0"});
}

TEST_CASE("the built-in profiles' arguments can be read, all of them") {
    for (const auto& standard : built_in_profiles()) {
        CAPTURE(standard.name);
        for (const auto& written : standard.args) {
            const auto argument = Template::parse(written.text);
            REQUIRE(argument.has_value());
            CHECK_FALSE(problem_in_argument(*argument).has_value());
        }
    }
}

TEST_CASE("ubuntu's kernel line fetches the root in the form that the image has it, and names the seed") {
    const auto loaded =
        load_texts({"m", ""}, {{"p", "[profile.w]\ninherits = 'ubuntu'\nimage = 'i'\nargs = ['console=ttyS0']"}},
                   {{"h", "[[host]]\nname = 'r640'\nmac = 'b8:ce:f6:01:02:03'\nprofile = 'w'"}});
    REQUIRE(loaded.configuration);
    const auto& host = loaded.configuration->hosts().front();
    auto boot = facts;
    boot.machine_id = "0123";
    boot.boot_url = "http://10.0.0.5:8080/boot/01J";
    boot.root = RootForm::squashfs;
    using Words = std::vector<std::string>;
    CHECK(kernel_arguments(*loaded.configuration->plan("w"), &host, boot) ==
          Words{"root=squash:http://10.0.0.5:8080/boot/01J/root", "overlayroot=tmpfs", "overlayroot_cfgdisk=disabled",
                "ip=dhcp", "ds=nocloud;dsmode=net;s=http://10.0.0.5:8080/boot/01J/seed/", "systemd.hostname=r640",
                "systemd.machine_id=0123", "panic=30", "console=ttyS0"});
    boot.root = RootForm::iso;
    CHECK(kernel_arguments(*loaded.configuration->plan("w"), &host, boot) ==
          Words{"boot=casper", "url=http://10.0.0.5:8080/boot/01J/root.iso", "cloud-config-url=/dev/null", "ip=dhcp",
                "ds=nocloud;dsmode=net;s=http://10.0.0.5:8080/boot/01J/seed/", "systemd.hostname=r640",
                "systemd.machine_id=0123", "panic=30", "console=ttyS0"});
}
