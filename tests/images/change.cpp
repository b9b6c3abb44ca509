#include "images/change.hpp"

#include "images/spool.hpp"
#include "tests/images/scratch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>

using namespace musterd;
using namespace musterd::images;
using namespace musterd::images::test;
namespace fs = std::filesystem;

namespace {

/// Imports "test" three times, each time with another initrd and the same kernel; gives the digests, oldest first.
std::vector<std::string> three_versions(const Scratch& scratch, const Store& store) {
    std::vector<std::string> digests;
    scratch.write("source/vmlinuz", bzimage());
    for (const auto* content : {"one", "two", "three"}) {
        scratch.write("source/initrd", cpio(content));
        const auto imported = import_from(store, scratch.at("source"));
        REQUIRE(imported);
        digests.push_back(imported->image.digest);
    }
    return digests;
}

std::size_t count_files(const fs::path& folder) {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        count += entry.is_regular_file() ? 1U : 0U;
    return count;
}

std::string leads_to(const Store& store, const std::string& name = "test") {
    const auto image = store.find(name);
    return image ? image->digest : image.error().message();
}

}  // namespace

TEST_CASE("a rollback leads to the image before, a second one back again") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto digests = three_versions(scratch, store);
    const auto back = roll_back(store, "test", some_time());
    REQUIRE(back);
    CHECK(back->digest == digests[1]);
    CHECK(leads_to(store) == digests[1]);
    CHECK(roll_back(store, "test", some_time())->digest == digests[2]);
    CHECK(leads_to(store, "test@" + digests[0].substr(0, 12)) == digests[0]);
}

TEST_CASE("there is nothing to roll back to in a name's first image, and no name but those there are") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    scratch.write("source/vmlinuz", bzimage());
    REQUIRE(import_from(store, scratch.at("source")));
    CHECK(roll_back(store, "test", some_time()).error().message().find("nothing to roll back to") != std::string::npos);
    CHECK(roll_back(store, "tset", some_time()).error().message() == "no image \"tset\"; did you mean \"test\"?");
    CHECK(remove(store, {"../names/test", {}}).error().message().starts_with("no image"));
}

TEST_CASE("one image of a history goes with its own files; those it shares stay") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto digests = three_versions(scratch, store);
    CHECK(count_files(store.folder() / "blobs") == 4);
    const auto removed = remove(store, {"test", digests[0].substr(0, 8)});
    REQUIRE_MESSAGE(removed, removed.error().message());
    CHECK(removed->images == 1);
    CHECK(removed->files == 1);
    CHECK(removed->bytes == cpio("one").size());
    CHECK(leads_to(store) == digests[2]);
    CHECK(store.verify(*store.find("test")));
    CHECK(remove(store, {"test", digests[0].substr(0, 8)}).error().message().find("never had a digest") !=
          std::string::npos);
    CHECK(remove(store, {"test", digests[2]}).error().message().find("roll it back first") != std::string::npos);
}

TEST_CASE("a name goes with its whole history, another name keeps what it has") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto digests = three_versions(scratch, store);
    REQUIRE(import_from(store, scratch.at("source"), "other"));
    const auto removed = remove(store, {"test", {}});
    REQUIRE(removed);
    CHECK(removed->images == 2);
    CHECK(removed->files == 2);
    CHECK(store.names() == std::vector<std::string>{"other"});
    CHECK(store.verify(*store.find("other")));
    REQUIRE(remove(store, {"other", {}}));
    CHECK(count_files(store.folder() / "blobs") == 0);
    CHECK(count_files(store.folder() / "manifests") == 0);
}

TEST_CASE("nothing is swept while an import is under way, nor when a history is damaged") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    three_versions(scratch, store);
    {
        const auto importing = lock_folder(store.folder() / "blobs", FolderLock::shared);
        REQUIRE(importing);
        CHECK(remove(store, {"test", {}}).error().message() == "an import is under way: remove when it is done");
        CHECK(store.find("test"));
    }
    REQUIRE(import_from(store, scratch.at("source"), "other"));
    scratch.write("data/images/names/other", "nonsense\n");
    CHECK_FALSE(remove(store, {"test", {}}));
    CHECK(store.find("test"));
    CHECK(count_files(store.folder() / "blobs") == 4);
}

TEST_CASE(
    "among the names nothing is ever made that a kill could leave there as a name: a history moves into its place") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto digests = three_versions(scratch, store);
    const base::Fd changes(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    const auto names = store.folder() / "names";
    REQUIRE(::inotify_add_watch(changes.get(), names.c_str(), IN_CREATE | IN_MODIFY) >= 0);
    REQUIRE(roll_back(store, "test", some_time()));
    REQUIRE(remove(store, {"test", digests[0]}));
    std::array<char, 4096> events{};
    CHECK(::read(changes.get(), events.data(), events.size()) == -1);
    CHECK(store.names() == std::vector<std::string>{"test"});
}
