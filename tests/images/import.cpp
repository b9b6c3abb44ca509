#include "images/import.hpp"

#include "images/digest.hpp"
#include "images/name_history.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

using namespace musterd;
using namespace musterd::images;
using namespace musterd::images::test;
namespace fs = std::filesystem;

namespace {

std::string sha(const std::string& text) {
    return sha256(base::as_bytes(text));
}

/// A kernel, an initrd and a file in a folder.
fs::path write_source(const Scratch& scratch, const std::string& folder = "source",
                      const std::string& tail = "kernel") {
    scratch.write(folder + "/linux", bzimage(tail));
    scratch.write(folder + "/initrd.img", cpio());
    scratch.write(folder + "/grub/grub.cfg", "set timeout=0\n");
    return scratch.at(folder);
}

}  // namespace

TEST_CASE("an imported folder is copied by digest, with its roles, and the name leads to it") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto imported = import_folder(store, {write_source(scratch), "debian", {"quiet"}, some_time(), {}});
    REQUIRE(imported.has_value());
    CHECK(imported->notes.empty());
    CHECK_FALSE(imported->unchanged);

    const auto& image = imported->image;
    CHECK(image.files == std::vector<ImageFile>{{"grub/grub.cfg", 14, sha("set timeout=0\n")},
                                                {"initrd.img", cpio().size(), sha(cpio())},
                                                {"linux", bzimage().size(), sha(bzimage())}});
    CHECK(image.arch == "amd64");
    CHECK(image.kernel == "linux");
    CHECK(image.initrds == std::vector<std::string>{"initrd.img"});
    CHECK(image.args == std::vector<std::string>{"quiet"});
    CHECK(image.digest == digest_of(image));
    CHECK(read_all(scratch.at("data/images/blobs/" + sha(cpio()).substr(0, 2) + "/" + sha(cpio()))) == cpio());
    CHECK(read_all(store.manifest_path(image.digest)) == manifest(image));
    CHECK(read_all(store.name_path("debian")) ==
          image.digest + " 2026-11-21T09:30:00.125Z " + fs::canonical(scratch.at("source")).string() + "\n");
    CHECK(*store.find("debian") == image);
    CHECK(fs::is_empty(scratch.at("data/images/spool")));
}

TEST_CASE("importing the same again changes nothing, and the same content under two names is stored once") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto source = write_source(scratch);
    REQUIRE(import_from(store, source, "one"));
    const auto again = import_folder(store, {source, "one", {}, some_time() + std::chrono::hours(1), {}});
    REQUIRE(again.has_value());
    CHECK(again->unchanged);
    CHECK(again->image.imported == some_time());
    const auto other = import_from(store, source, "two");
    REQUIRE(other.has_value());
    CHECK_FALSE(other->unchanged);
    CHECK(other->image.digest == again->image.digest);
    CHECK(files_in(scratch.at("data/images/blobs")) == 3);
    CHECK(files_in(scratch.at("data/images/manifests")) == 1);
}

TEST_CASE("a name keeps what it led to before, newest first") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    std::vector<std::string> digests;
    for (const auto* version : {"a", "b", "a"}) {
        const auto imported = import_from(store, write_source(scratch, version, version));
        REQUIRE(imported.has_value());
        digests.insert(digests.begin(), imported->image.digest);
    }
    const auto history = parse_name_history(read_all(store.name_path("test")));
    REQUIRE(history.has_value());
    REQUIRE(history->size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK((*history)[i].digest == digests[i]);
    }
    CHECK(store.find("test")->digest == digests[0]);
    CHECK(store.find("test@" + digests[1].substr(0, 8))->digest == digests[1]);
}

TEST_CASE("links to files are followed as in a nix result, other things are left out with a note") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    scratch.write("store/bzImage", bzimage());
    scratch.write("store/initrd", cpio());
    fs::create_directories(scratch.at("source/dtbs"));
    fs::create_symlink(scratch.at("store/bzImage"), scratch.at("source/bzImage"));
    fs::create_symlink("../store/initrd", scratch.at("source/initrd"));
    fs::create_directory_symlink(scratch.at("store"), scratch.at("source/more"));
    REQUIRE(::mkfifo(scratch.at("source/pipe").c_str(), 0600) == 0);
    fs::create_directory_symlink(scratch.at("source"), scratch.at("result"));

    const auto imported = import_from(store, scratch.at("result"));
    REQUIRE(imported.has_value());
    CHECK(imported->image.kernel == "bzImage");
    CHECK(imported->image.initrds == std::vector<std::string>{"initrd"});
    CHECK(imported->image.files.size() == 2);
    CHECK(imported->notes ==
          std::vector<std::string>{"left out more: a link to a folder", "left out pipe: neither a file nor a folder"});
}

TEST_CASE("a folder that cannot be an image is refused in one line and leaves nothing") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto source = write_source(scratch);
    const auto place = source.string();

    CHECK(error_of(import_from(store, source, "Bad Name")) ==
          "\"Bad Name\" is not an image name: a-z, 0-9, '.', '_' and '-', at most 64, starting with a letter or digit");
    CHECK(error_of(import_from(store, scratch.at("missing"))) ==
          scratch.at("missing").string() + ": No such file or directory");
    CHECK(error_of(import_folder(store, {source / "linux", "test", {}, some_time(), {}})) ==
          place + "/linux: not a folder");
    CHECK(
        error_of(import_from(store, source / "initrd.img")) ==
        place +
            "/initrd.img: cpio archive; what can be imported is a folder or a tar archive (plain or in gzip, xz, zstd, "
            "bzip2 or lzma) with a kernel and initrds, an ISO 9660 image, a disk image with a partition table, a "
            "kernel, "
            "an EFI program, or a BlueField boot stream (BFB, which starts with the bytes 42 66 02 13)");
    CHECK(error_of(import_from(store, "/dev/null")) == "/dev/null: neither a file nor a folder");
    CHECK(error_of(import_folder(store, {source, "test", {"a\nb"}, some_time(), {}})) ==
          "a kernel argument is empty or holds control characters");

    fs::create_symlink("nowhere", source / "vmlinuz");
    CHECK(error_of(import_from(store, source)) == place + ": follow link vmlinuz: No such file or directory");
    fs::remove(source / "vmlinuz");
    scratch.write("source/two\nlines", "x");
    CHECK(error_of(import_from(store, source))
              .starts_with(place + ": \"two?lines\" is not a path that an image can hold"));
    fs::remove(source / "two\nlines");
    fs::create_directories(source / "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q");
    CHECK(error_of(import_from(store, source)).ends_with(": nested deeper than 16"));
    fs::remove_all(source / "a");
    fs::remove(source / "linux");
    CHECK(
        error_of(import_from(store, source)).starts_with(place + ": no kernel in it: found grub/grub.cfg (unknown), "));
    check_nothing_left(scratch);
}

TEST_CASE("a file that changes while it is read is noticed, and nothing is kept") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto source = write_source(scratch);
    const auto* message = "initrd.img changed while it was read; import again when nobody writes to it";

    SUBCASE("it grows") {
        const auto grow = [&](const Progress& now) {
            if (now.file == "initrd.img") std::ofstream(source / "initrd.img", std::ios::app) << "more";
        };
        CHECK(error_of(import_from(store, source, "test", grow)) == message);
    }
    SUBCASE("its bytes change but not their number") {
        const auto rewrite = [&](const Progress& now) {
            if (now.file != "initrd.img") return;
            scratch.write("source/initrd.img", cpio());
            fs::last_write_time(source / "initrd.img", fs::file_time_type::clock::now() + std::chrono::hours(1));
        };
        CHECK(error_of(import_from(store, source, "test", rewrite)) == message);
    }
    SUBCASE("another file takes its place before it is read") {
        const auto replace = [&](const Progress& now) {
            if (now.file != "grub/grub.cfg") return;
            scratch.write("new", cpio());
            fs::rename(scratch.at("new"), source / "initrd.img");
        };
        CHECK(error_of(import_from(store, source, "test", replace)) == message);
    }
    SUBCASE("it goes away before it is read") {
        const auto remove = [&](const Progress& now) {
            if (now.file == "grub/grub.cfg") fs::remove(source / "initrd.img");
        };
        CHECK(error_of(import_from(store, source, "test", remove)).ends_with("initrd.img: No such file or directory"));
    }
    check_nothing_left(scratch);
}

TEST_CASE("a write that fails in the middle is reported with its file and leaves nothing") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto source = write_source(scratch, "source", std::string(3U << 20U, 'k'));
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {  // a process of its own: the limit would bind the other tests too
        const rlimit limit{2U << 20U, 2U << 20U};
        ::signal(SIGXFSZ, SIG_IGN);
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const auto message = error_of(import_from(store, source));
        const bool right = message.starts_with("linux: write ") && message.ends_with(": File too large");
        ::_exit(right ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    check_nothing_left(scratch);
}

TEST_CASE("an import that is killed at any step leaves the old image, and the next one clears up after it") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto before = import_from(store, write_source(scratch, "old", "old"));
    REQUIRE(before.has_value());
    const auto source = write_source(scratch, "new", std::string(3U << 20U, 'n'));
    int step = 0;
    while (killed_at(store, source, step)) {
        CAPTURE(step);
        const auto images = store.list();
        REQUIRE(images.has_value());
        CHECK(*images == std::vector<Image>{before->image});
        CHECK(store.verify(before->image));
        CHECK_FALSE(fs::is_empty(scratch.at("data/images/spool")));
        ++step;
    }
    CHECK(step > 8);  // four pieces of the kernel, the other files, storing, naming
    CHECK(fs::is_empty(scratch.at("data/images/spool")));
    const auto after = store.find("test");
    REQUIRE(after.has_value());
    CHECK(after->digest != before->image.digest);
    CHECK(store.verify(*after));
}

TEST_CASE("two imports at once do not disturb each other, even of one name") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto outer_source = write_source(scratch, "outer", "outer");
    const auto inner_source = write_source(scratch, "inner", "inner");
    std::string inner_digest;
    const auto outer = import_from(store, outer_source, "test", [&](const Progress& now) {
        if (now.step != Progress::Step::storing || !inner_digest.empty()) return;
        const auto inner = import_from(store, inner_source);
        REQUIRE(inner.has_value());
        inner_digest = inner->image.digest;
    });
    REQUIRE(outer.has_value());
    CHECK(store.find("test")->digest == outer->image.digest);
    CHECK(store.find("test@" + inner_digest)->digest == inner_digest);
    CHECK(store.verify(*store.find(inner_digest)));
    CHECK(fs::is_empty(scratch.at("data/images/spool")));
}

TEST_CASE("progress counts every byte once and tells the steps in order") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto source = write_source(scratch, "source", std::string(3U << 20U, 'k'));
    std::vector<Progress> seen;
    const auto imported = import_from(store, source, "test", [&](const Progress& now) { seen.push_back(now); });
    REQUIRE(imported.has_value());
    std::uint64_t total = 0;
    for (const auto& file : imported->image.files) {
        total += file.size;
    }
    REQUIRE(seen.size() > 5);
    for (std::size_t i = 1; i < seen.size(); ++i) {
        CHECK(seen[i].done >= seen[i - 1].done);
        CHECK(seen[i].step >= seen[i - 1].step);
        CHECK(seen[i].total == total);
    }
    CHECK(seen.front().done == 0);
    CHECK(seen.back().done == total);
    CHECK(seen.back().step == Progress::Step::naming);
}
