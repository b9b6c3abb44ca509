// A folder of its own for a test, and the files that make an image: the smallest that are recognised.
#pragma once

#include "images/import.hpp"

#include <doctest/doctest.h>

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace musterd::images::test {

class Scratch {
public:
    Scratch() {
        auto name = (std::filesystem::temp_directory_path() / "musterd-images-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder_ = name;
    }
    ~Scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    std::filesystem::path write(const std::string& path, const std::string& content) const {
        const auto place = folder_ / path;
        std::filesystem::create_directories(place.parent_path());
        std::ofstream(place, std::ios::binary) << content;
        return place;
    }
    [[nodiscard]] std::filesystem::path at(const std::string& path) const { return folder_ / path; }

private:
    std::filesystem::path folder_;
};

inline std::string read_all(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// boot.rst's header of protocol 2.15 with a 64-bit entry point, and `tail` behind it.
inline std::string bzimage(const std::string& tail = "kernel") {
    std::string bytes(0x260, '\0');
    bytes.replace(0x1fe, 2, "\x55\xaa");
    bytes.replace(0x202, 4, "HdrS");
    bytes[0x206] = 0x0f;
    bytes[0x207] = 0x02;
    bytes[0x236] = 0x01;
    return bytes + tail;
}

inline std::string arm64_image() {
    std::string bytes(64, '\0');
    bytes.replace(0x38, 4, "ARM\x64");
    return bytes;
}

inline std::string cpio(const std::string& tail = "") {
    return "070701" + std::string(104, '0') + "TRAILER!!!" + tail;
}

inline Store open_store(const Scratch& scratch) {
    auto store = Store::open(scratch.at("data"));
    REQUIRE(store.has_value());
    return *store;
}

inline base::Time some_time() {
    return *base::parse_rfc3339("2026-11-21T09:30:00.125Z");
}

inline base::Result<Imported> import_from(const Store& store, const std::filesystem::path& source,
                                          const std::string& name = "test", const ProgressCallback& progress = {}) {
    return import_source(store, {source, name, {}, some_time(), progress});
}

/// Files that an import left in the spool: none, when all went well or ill as it should.
inline std::size_t files_in(const std::filesystem::path& folder) {
    std::size_t count = 0;
    for (const auto& each : std::filesystem::recursive_directory_iterator(folder)) {
        count += each.is_regular_file() ? 1U : 0U;
    }
    return count;
}

inline std::string error_of(const base::Result<Imported>& imported) {
    return imported ? "accepted" : imported.error().message();
}

/// Nothing of an import that failed is left: no name, no file in the spool.
inline void check_nothing_left(const Scratch& scratch) {
    CHECK(files_in(scratch.at("data/images/spool")) == 0);
    CHECK(std::filesystem::is_empty(scratch.at("data/images/spool")));
    CHECK(std::filesystem::is_empty(scratch.at("data/images/names")));
    CHECK(std::filesystem::is_empty(scratch.at("data/images/manifests")));
}

/// Runs an import in a process of its own that dies at the `fatal`th progress report. False when it lived to the end.
inline bool killed_at(const Store& store, const std::filesystem::path& source, int fatal) {
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        int reports = 0;
        const auto imported = import_from(store, source, "test", [&](const Progress&) {
            if (reports++ == fatal) ::raise(SIGKILL);
        });
        ::_exit(imported ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status)) return true;
    CHECK(WEXITSTATUS(status) == 0);
    return false;
}

}  // namespace musterd::images::test
