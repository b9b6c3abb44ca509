#include "server/app/completion.hpp"

#include "server/app/man_page.hpp"

#include <doctest/doctest.h>
#include <CLI/CLI.hpp>

using namespace musterd;
using app::Candidate;

namespace {

/// A small program of every form that ours has.
struct Program {
    CLI::App app{"boots machines"};
    std::string text;
    std::vector<std::string> texts;
    bool flag = false;

    Program() {
        auto& host = *app.add_subcommand("host", "the roll");
        host.add_subcommand("list", "every host")->add_flag("--unknown", flag, "others instead");
        host.add_subcommand("show", "one host")->add_option("HOST", text, "its name")->required();
        auto& wait = *app.add_subcommand("wait", "wait until hosts have reached a stage");
        wait.add_option("HOST", texts, "host names")->required();
        wait.add_option("--until", text, "stage");
        auto& render = *app.add_subcommand("render", "a \\ back-slash");
        render.add_option("HOST", text, "host name");
        render.add_option("--what", text, "which part")
            ->check(CLI::IsMember({"script", "grub"}))
            ->default_str("script");
        render.add_option("--config", text, "configuration file");
        app.add_subcommand("import", "an image")->add_option("SOURCE", text, "what");
    }
};

std::vector<std::string> words(const std::vector<std::string>& typed) {
    const Program program;
    const auto names = [](const std::string& what) {
        return what == "HOST" ? std::vector<std::string>{"r640", "r740"} : std::vector<std::string>{"demo"};
    };
    std::vector<std::string> found;
    for (const auto& each : app::candidates(program.app, typed, names))
        found.push_back(each.word);
    return found;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("commands, options and their values are completed where they may stand") {
    CHECK(words({""}) == Words{"host", "wait", "render", "import"});
    CHECK(words({"ho"}) == Words{"host"});
    CHECK(words({"host", ""}) == Words{"list", "show"});
    CHECK(words({"host", "list", "--u"}) == Words{"--unknown"});
    CHECK(words({"render", "--what", ""}) == Words{"script", "grub"});
    CHECK(words({"render", "--what", "g"}) == Words{"grub"});
    CHECK(words({"wait", "r640", "--until", "ke"}) == Words{"kernel"});
    CHECK(words({"nonsense", ""}).size() == 4);
    CHECK(words({"host", "list", "x"}).empty());
    CHECK(words({}).size() == 4);
}

TEST_CASE("names of hosts come from the server, also the second one, and files from the shell") {
    CHECK(words({"host", "show", ""}) == Words{"r640", "r740"});
    CHECK(words({"host", "show", "r7"}) == Words{"r740"});
    CHECK(words({"wait", "r640", ""}) == Words{"r640", "r740"});
    CHECK(words({"render", "--what", "grub", "r6"}) == Words{"r640"});
    CHECK(words({"render", "--config", "/e"}) == Words{":file"});
    CHECK(words({"import", ""}) == Words{":file"});
    CHECK(app::config_among({"render", "--config", "/x.toml", ""}) == "/x.toml");
    CHECK(app::config_among({"render", "--config"}).empty());
}

TEST_CASE("each shell has its script, and no other has one") {
    for (const auto* shell : {"bash", "zsh", "fish"})
        CHECK(app::completion_script(shell).find("musterd complete --") != std::string_view::npos);
    CHECK(app::completion_script("tcsh").empty());
}

TEST_CASE("the manual has every command, and nothing in a text is taken for a macro") {
    const Program program;
    const auto page = app::man_page(program.app, "1.2");
    CHECK(page.starts_with(".TH MUSTERD 1 \"\" \"musterd 1.2\""));
    for (const auto* line : {".SS musterd host list\n", ".SS musterd wait\n", ".BI \"\\-\\-what \" VALUE\n",
                             "which part (one of script, grub) (default script)\n", "a \\e back\\-slash\n"}) {
        CAPTURE(std::string(line));
        CHECK(page.find(line) != std::string::npos);
    }
}
