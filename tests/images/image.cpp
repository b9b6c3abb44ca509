#include "images/image.hpp"

#include "images/digest.hpp"
#include "images/name_history.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace musterd::images;

namespace {

const std::string one(64, '1');
const std::string two(64, '2');

Image example() {
    Image image;
    image.name = "debian";
    image.arch = "amd64";
    image.imported = *base::parse_rfc3339("2026-11-21T09:30:00.125Z");
    image.files = {{"initrd.gz", 41'000'000'000, two}, {"sub/linux", 8'000'000, one}};
    image.kernel = "sub/linux";
    image.initrds = {"initrd.gz"};
    image.args = {"quiet"};
    image.source = "/srv/it";
    image.digest = digest_of(image);
    return image;
}

const std::string golden_files = R"([{"path":"initrd.gz","size":41000000000,"sha256":")" + two +
                                 R"("},{"path":"sub/linux","size":8000000,"sha256":")" + one + R"("}])";
const std::string golden_manifest =
    R"({"format":1,"kind":"linux","arch":"amd64","kernel":"sub/linux","initrds":["initrd.gz"],"args":["quiet"],"files":)" +
    golden_files + "}\n";

std::string with(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a manifest is one text for one content, and its SHA-256 is the image's digest") {
    CHECK(manifest(example()) == golden_manifest);
    CHECK(example().digest == sha256(base::as_bytes(golden_manifest)));
}

TEST_CASE("name, time and source are not part of the digest, everything else is") {
    const auto digest = example().digest;
    auto image = example();
    image.name = "other";
    image.imported = {};
    image.source.clear();
    CHECK(digest_of(image) == digest);

    std::vector<Image> changed(9, example());
    changed[0].kind = "disk";
    changed[1].arch = "arm64";
    changed[2].kernel = "initrd.gz";
    changed[3].initrds.clear();
    changed[4].args.emplace_back("panic=30");
    changed[5].files[0].size += 1;
    changed[6].root = "initrd.gz";
    changed[7].loader = "initrd.gz";
    changed[8].disk = "initrd.gz";
    for (const auto& each : changed) {
        CHECK(digest_of(each) != digest);
    }
}

TEST_CASE("a manifest that is read back is the same image without name, time and source") {
    auto expected = example();
    expected.name.clear();
    expected.imported = {};
    expected.source.clear();
    const auto image = image_from_manifest(golden_manifest);
    REQUIRE(image.has_value());
    CHECK(*image == expected);
}

TEST_CASE("root, loader and disk survive a manifest, and without a kernel one of the latter two is enough") {
    auto image = example();
    image.name.clear();
    image.imported = {};
    image.source.clear();
    image.root = "initrd.gz";
    image.loader = "sub/linux";
    image.disk = "initrd.gz";
    image.digest = digest_of(image);
    CHECK(*image_from_manifest(manifest(image)) == image);
    CHECK(image.role_of("initrd.gz") == "initrd,root,disk");
    CHECK(image.role_of("sub/linux") == "kernel,loader");
    CHECK(image.role_of("other").empty());
    image.kernel.clear();
    const auto with_initrds = image_from_manifest(manifest(image));
    REQUIRE_FALSE(with_initrds.has_value());
    CHECK(with_initrds.error().message() == "manifest: initrds without a kernel");
    image.initrds.clear();
    image.digest = digest_of(image);
    CHECK(*image_from_manifest(manifest(image)) == image);
    image.loader.clear();
    image.disk.clear();
    CHECK_FALSE(image_from_manifest(manifest(image)).has_value());
}

TEST_CASE("a manifest that is not whole is refused with what is wrong") {
    struct Row {
        std::string text;
        std::string message;
    };
    const std::vector<Row> rows = {
        {golden_manifest.substr(0, 40), "not valid JSON: incomplete JSON"},
        {"[]", "not a JSON object"},
        {with(golden_manifest, "\"format\":1", "\"format\":2"), "manifest: its format is not 1"},
        {with(golden_manifest, "\"args\"", "\"argz\""), "manifest: unknown key \"argz\""},
        {with(golden_manifest, "[\"quiet\"]", "\"quiet\""), "manifest: no array \"args\""},
        {with(golden_manifest, "\"quiet\"", "1"), "manifest: \"args\" holds more than strings"},
        {with(golden_manifest, "\"quiet\"", "\"a\\nb\""), "manifest: a kernel argument is empty or not text"},
        {with(golden_manifest, "\"linux\"", "\"\""), "manifest: kind or arch is not a word"},
        {with(golden_manifest, "\"kernel\":\"sub/linux\"", "\"kernel\":\"linux\""),
         "manifest: its kernel \"linux\" is not among its files"},
        {with(golden_manifest, "\"args\"", "\"root\":\"x\",\"args\""),
         "manifest: its root \"x\" is not among its files"},
        {with(golden_manifest, "[\"initrd.gz\"]", "[\"initrd\"]"),
         "manifest: its initrd \"initrd\" is not among its files"},
        {with(golden_manifest, "\"path\":\"sub/linux\"", "\"path\":\"../linux\""),
         "manifest: a file's path is missing or not allowed"},
        {with(golden_manifest, "\"path\":\"sub/linux\"", "\"path\":\"a\""), "manifest: \"a\" is out of order"},
        {with(golden_manifest, "\"path\":\"sub/linux\"", "\"path\":\"initrd.gz\""),
         "manifest: \"initrd.gz\" is out of order"},
        {with(golden_manifest, "8000000,", "-1,"), "manifest: no size for \"sub/linux\""},
        {with(golden_manifest, one, one.substr(1)), "manifest: no SHA-256 for \"sub/linux\""},
        {with(golden_manifest, "\"size\":8000000", "\"size\":8000000,\"mode\":1"),
         "manifest: unknown key \"mode\" in a file"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto image = image_from_manifest(row.text);
        REQUIRE_FALSE(image.has_value());
        CHECK(image.error().message() == row.message);
    }
}

TEST_CASE("the JSON of an image has the keys that the contract promises, in their order") {
    CHECK(to_json(example()) ==
          R"({"name":"debian","digest":")" + example().digest +
              R"(","kind":"linux","arch":"amd64","imported":"2026-11-21T09:30:00.125Z","files":)" + golden_files +
              R"(,"kernel":"sub/linux","initrds":["initrd.gz"],"args":["quiet"],"root":"","loader":"","disk":"",)" +
              R"("ram_mib":117822,"source":"/srv/it"})");
    CHECK(to_json(std::vector<Image>{}) == "[]");
    CHECK(to_json(std::vector<Image>{example()}) == "[" + to_json(example()) + "]");
}

TEST_CASE("paths of files stay inside the image") {
    for (const auto* good :
         {"linux", "sub/linux", "a b", "..a", "a..", ".hidden", "\xc3\xa9.img", "\xf0\x9f\x90\xa7"}) {
        CAPTURE(good);
        CHECK(is_path(good));
    }
    const std::vector<std::string> bad = {"",
                                          "/",
                                          "/a",
                                          "a/",
                                          "a//b",
                                          ".",
                                          "..",
                                          "../a",
                                          "a/../b",
                                          "a/./b",
                                          "a/..",
                                          "a\nb",
                                          "a\\b",
                                          "\x7f",
                                          "a\xff",
                                          "\xc0\xaf",
                                          "\xed\xa0\x80",
                                          "\xe2\x82",
                                          {"\0", 1},
                                          "\xf5\x80\x80\x80",
                                          std::string(1025, 'a')};
    for (const auto& each : bad) {
        CAPTURE(each);
        CHECK_FALSE(is_path(each));
    }
}

TEST_CASE("the history of a name is read as it was written, with the source where it is known") {
    const NameHistory history = {{two, *base::parse_rfc3339("2026-11-21T09:30:00.125Z")},
                                 {one, *base::parse_rfc3339("2026-11-20T09:30:00.000Z")}};
    const auto text = two + " 2026-11-21T09:30:00.125Z\n" + one + " 2026-11-20T09:30:00.000Z\n";
    CHECK(to_text(history) == text);
    CHECK(*parse_name_history(text) == history);
    auto with_source = history;
    with_source.front().source = "/srv/my images/u.iso";
    CHECK(to_text(with_source) == with(text, "125Z\n", "125Z /srv/my images/u.iso\n"));
    CHECK(*parse_name_history(to_text(with_source)) == with_source);
}

TEST_CASE("a damaged history says which line is wrong") {
    CHECK(parse_name_history("").error().message() == "it is empty");
    CHECK(parse_name_history(one + "\n").error().message() == "line 1: no time of import");
    CHECK(parse_name_history(one + " 2026-11-20T09:30:00.000Z\n\n").error().message() == "line 2: no digest");
}
