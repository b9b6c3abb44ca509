#include "images/store.hpp"

#include "scratch.hpp"
#include "tests/support/slice_text.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

using namespace musterd;
using namespace musterd::images;
using namespace musterd::images::test;
using support::text_of;
namespace fs = std::filesystem;

namespace {

Image imported(const Store& store, const Scratch& scratch, const std::string& name, const std::string& tail) {
    scratch.write(name + tail + "/linux", bzimage(tail));
    scratch.write(name + tail + "/initrd.img", cpio());
    const auto result = import_from(store, scratch.at(name + tail), name);
    REQUIRE(result.has_value());
    return result->image;
}

template <class T>
std::string error_of(const base::Result<T>& result) {
    return result ? "accepted" : result.error().message();
}

/// Blobs are read-only; a test that damages one says so.
void overwrite(const fs::path& place, const std::string& content) {
    fs::permissions(place, fs::perms::owner_all);
    std::ofstream(place, std::ios::binary) << content;
}

}  // namespace

TEST_CASE("a store in a folder that cannot be made is refused with the place") {
    const Scratch scratch;
    scratch.write("data", "a file");
    CHECK(error_of(Store::open(scratch.at("data"))) ==
          "make folder " + scratch.at("data/images/blobs").string() + ": Not a directory");
}

TEST_CASE("images are found by name, by name and digest, and by digest") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    CHECK(store.list()->empty());
    const auto old = imported(store, scratch, "debian", "1");
    const auto current = imported(store, scratch, "debian", "2");
    const auto other = imported(store, scratch, "alpine", "3");

    CHECK(*store.list() == std::vector<Image>{other, current});
    CHECK(*store.find("debian") == current);
    CHECK(*store.find("debian@" + old.digest.substr(0, 8)) == old);
    CHECK(*store.find("debian@" + old.digest) == old);
    CHECK(*store.find(other.digest) == other);
    CHECK(*store.find(old.digest) == old);
}

TEST_CASE("an image that is found by digest has the name that leads to it now, if there is one") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto once = imported(store, scratch, "a", "1");
    imported(store, scratch, "a", "2");
    imported(store, scratch, "b", "1");
    CHECK(store.find(once.digest)->name == "b");
    fs::remove(store.name_path("b"));
    CHECK(store.find(once.digest)->name == "a");
    fs::remove(store.name_path("a"));
    CHECK(store.find(once.digest)->name == "");
}

TEST_CASE("a miss says what there is") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    CHECK(error_of(store.find("debian")) ==
          "no image \"debian\": there are none yet; make it with \"musterd image import FOLDER|FILE --name debian\"");
    const auto image = imported(store, scratch, "debian", "1");
    imported(store, scratch, "alpine", "2");
    CHECK(error_of(store.find("debain")) == "no image \"debain\"; did you mean \"debian\"?");
    CHECK(error_of(store.find("nixos")) == "no image \"nixos\"; there are: alpine, debian");
    CHECK(error_of(store.find("debian@00000000")) == "image \"debian\" never had a digest that starts with 00000000");
    CHECK(error_of(store.find(std::string(64, '0'))) == "no image " + std::string(64, '0'));
    CHECK(error_of(store.find("../names")).starts_with("\"../names\" is not an image name"));
    CHECK(error_of(store.find(Reference{"../names/debian", ""})).starts_with("no image"));
}

TEST_CASE("a digest prefix that meets two images of a name is ambiguous") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto image = imported(store, scratch, "debian", "1");
    auto twin = image.digest;
    twin.back() = twin.back() == '0' ? '1' : '0';
    std::ofstream(store.name_path("debian"), std::ios::app) << twin << " 2026-11-20T00:00:00.000Z\n";
    const auto message = error_of(store.find("debian@" + image.digest.substr(0, 8)));
    CHECK(message.starts_with("\"debian@" + image.digest.substr(0, 8) + "\" is ambiguous: "));
    CHECK(*store.find("debian@" + image.digest) == image);
}

TEST_CASE("a file of an image opens as a slice with its SHA-256 as etag") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto image = imported(store, scratch, "debian", "1");
    const auto slice = store.open_file(image.digest, "linux");
    REQUIRE(slice.has_value());
    CHECK(text_of(*slice) == bzimage("1"));
    CHECK(slice->etag == image.file("linux")->sha256);
    CHECK(text_of(*store.open_file(image, "initrd.img")) == cpio());
}

TEST_CASE("what an image does not have cannot be opened") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto image = imported(store, scratch, "debian", "1");
    for (const auto* path : {"", "Linux", "../linux", "/linux", "linux/", "linux\n"}) {
        CAPTURE(path);
        const auto slice = store.open_file(image.digest, path);
        REQUIRE_FALSE(slice.has_value());
        CHECK(slice.error().code() == std::errc::no_such_file_or_directory);
    }
    CHECK(error_of(store.open_file("../../x", "linux")) == "\"../../x\" is not a digest");
    CHECK(error_of(store.open_file(std::string(64, 'f'), "linux")) == "no image " + std::string(64, 'f'));
}

TEST_CASE("a reader keeps its file when the image is imported again or taken away") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto image = imported(store, scratch, "debian", "1");
    const auto slice = store.open_file(image, "linux");
    REQUIRE(slice.has_value());
    imported(store, scratch, "debian", "1");
    fs::remove(store.blob_path(slice->etag));
    CHECK(text_of(*slice) == bzimage("1"));
}

TEST_CASE("verify names every damaged file, and importing again mends them") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto image = imported(store, scratch, "debian", "1");
    std::uint64_t hashed = 0;
    CHECK(store.verify(image, [&](const Progress& now) { hashed = now.done; }));
    CHECK(hashed == bzimage("1").size() + cpio().size());

    const auto kernel = store.blob_path(image.file("linux")->sha256);
    const auto initrd = store.blob_path(image.file("initrd.img")->sha256);
    overwrite(kernel, bzimage("2"));
    overwrite(initrd, "short");
    const auto message = error_of(store.verify(image));
    CHECK(message.starts_with("image debian is damaged; import it again. initrd.img: "));
    CHECK(message.find("initrd.img has 5 bytes, not 120; linux: its bytes have the SHA-256 ") != std::string::npos);
    CHECK_FALSE(store.open_file(image, "initrd.img"));

    imported(store, scratch, "debian", "1");
    CHECK(store.verify(image));
}

TEST_CASE("a damaged manifest or name is an error that names its file") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto image = imported(store, scratch, "debian", "1");
    const auto place = store.manifest_path(image.digest);
    const auto whole = read_all(place);

    auto changed = whole;
    changed.replace(changed.find("amd64"), 5, "arm64");
    overwrite(place, changed);
    const auto expected =
        "image \"debian\": " + place.string() + " is damaged: its content does not have the digest of its name";
    CHECK(error_of(store.find("debian")) == expected);
    CHECK(error_of(store.list()) == expected);
    CHECK_FALSE(store.open_file(image.digest, "linux"));
    overwrite(place, whole.substr(0, 30));
    CHECK(error_of(store.find("debian")).find(" is damaged: not valid JSON: ") != std::string::npos);
    overwrite(place, whole);
    CHECK(store.find("debian"));

    overwrite(store.name_path("debian"), "rubbish\n");
    CHECK(error_of(store.find("debian")) == store.name_path("debian").string() + " is damaged: line 1: no digest");
}
