#include "profiles/filters.hpp"

#include "tests/support/command_output.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <fstream>

using namespace musterd;
using namespace musterd::profiles;
using support::output_of;

namespace {

/// What a person could write into a variable to get out of where it lands.
const std::vector<std::string> hostile = {
    "",
    " ",
    "plain",
    "two words",
    "it's",
    "\"",
    "\\",
    "\\\"",
    "'\\''",
    "$(reboot)",
    "`reboot`",
    "${HOME}",
    "$HOME",
    "a\nb: c",
    "a\n",
    "\n",
    "\r\n",
    "\t",
    ";",
    "&& true",
    "]]",
    "*",
    "~",
    "#no",
    "- a",
    "a: b",
    "{{this}}",
    "%s",
    "!x",
    "|",
    ">",
    "@a",
    "\x01\x1b[31m",
    "\x7f",
    "null",
    "yes",
    "0x10",
    "1e3",
    "~",
    "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
    "\xc2\x85x\xe2\x80\xa8y\xef\xbb\xbfz\xef\xbf\xbf",
    "\xc2\x80\xc2\x9f",
};

std::string all(std::string (*filter)(std::string_view), std::string_view before, std::string_view between) {
    std::string text;
    for (const auto& each : hostile)
        text += std::string(before) + filter(each) + std::string(between);
    return text;
}

/// The values as an interpreter must give them back: each with its bytes in hexadecimal, on a line of its own.
std::string expected() {
    std::string text;
    for (const auto& each : hostile) {
        for (const char c : each) {
            std::array<char, 3> digits{};
            std::snprintf(digits.data(), digits.size(), "%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
            text += digits.data();
        }
        text += "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("a value in a shell script is one word to real shells, whatever is in it") {
    const support::TemporaryFolder folder;
    const auto file = folder.path() / "script";
    std::ofstream(file) << "set -- " << all(&for_shell, "", " ")
                        << "\nfor word; do printf %s \"$word\" | od -An -v -tx1 | tr -d ' \\n'; echo; done\n";
    for (const std::string shell : {"bash", "dash"}) {
        CAPTURE(shell);
        CHECK(output_of(shell + " " + file.string()) == expected());
    }
}

TEST_CASE("a value in JSON and YAML is one string to real readers, whatever is in it") {
    const support::TemporaryFolder folder;
    const auto json = folder.path() / "a.json";
    const auto yaml = folder.path() / "a.yaml";
    std::ofstream(json) << "[" << all(&for_json, "", ",\n") << "\"\"]";
    std::ofstream(yaml) << all(&for_yaml, "- ", "\n") << "- \"\"\n";
    const std::string print = "[print(text.encode().hex()) for text in values[:-1]]'";
    CHECK(output_of("/usr/bin/python3 -c 'import json; values = json.load(open(\"" + json.string() + "\")); " +
                    print) == expected());
    CHECK(output_of("/usr/bin/python3 -c 'import yaml; values = yaml.safe_load(open(\"" + yaml.string() + "\")); " +
                    print) == expected());
}

TEST_CASE("bytes that are no text come out as such a sign, not as they are") {
    CHECK(for_json("a\xff\xc3") == "\"a\xef\xbf\xbd\xef\xbf\xbd\"");
    CHECK(for_shell(std::string_view("a\0b", 3)) == "'ab'");
}

TEST_CASE("base64 is that of RFC 4648 10") {
    CHECK(for_base64("").empty());
    CHECK(for_base64("f") == "Zg==");
    CHECK(for_base64("fo") == "Zm8=");
    CHECK(for_base64("foobar") == "Zm9vYmFy");
}

TEST_CASE("a value in a preseed file stays on its line, and in a command there one word, whatever is in it") {
    const support::TemporaryFolder folder;
    const auto file = folder.path() / "preseed";
    std::ofstream out(file);
    for (const auto& value : hostile)
        out << "d-i mirror/http/proxy string " << for_preseed(value) << "\nd-i time/zone string UTC\n";
    out << "d-i preseed/late_command string set --";
    for (const auto& value : hostile)
        out << ' ' << for_preseed(for_shell(value));
    out << "; echo $#\n";
    out.close();
    CHECK(output_of("debconf-set-selections --checkonly " + file.string()) == "");
    const auto command = output_of("sed -n 's/^d-i preseed.late_command string //p' " + file.string());
    CHECK(output_of("wc -l <" + file.string()) == std::to_string(2 * hostile.size() + 1) + "\n");
    std::ofstream(folder.path() / "command") << command;
    CHECK(output_of("dash " + (folder.path() / "command").string()) == std::to_string(hostile.size()) + "\n");
    CHECK(output_of("grep -c ' UTC$' " + file.string()) == std::to_string(hostile.size()) + "\n");
    CHECK(for_preseed("a\nd-i x/y string z\\") == "a d-i x/y string z");
}
