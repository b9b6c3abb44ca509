#pragma once

#include "images/import.hpp"
#include "profiles/load.hpp"
#include "server/api/site.hpp"
#include "tests/support/temporary_folder.hpp"

#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

namespace musterd::support {

/// The least that an x86 kernel is told by: boot flag and "HdrS" (Documentation/arch/x86/boot.rst).
inline std::string small_kernel() {
    std::string kernel(4096, 'k');
    kernel.replace(0x1fe, 2, "\x55\xaa");
    kernel.replace(0x202, 4, "HdrS");
    return kernel;
}

/// The least that an initrd is told by: newc's magic.
inline std::string small_initrd() {
    return "070701" + std::string(96, '0');
}

/// A site with one host "r640" (52:54:00:00:00:01) that boots image "demo", one that is held and one that boots from
/// its disk; journal in memory, clock that the test turns.
class TestSite {
public:
    explicit TestSite(const std::string& more_main = {},
                      std::unique_ptr<boots::Journal> journal = must(boots::open_sqlite_journal({})),
                      std::string more_hosts = {}, std::string more_profiles = {},
                      std::vector<profiles::SourceText> documents = {})
        : more_hosts_(std::move(more_hosts)),
          more_profiles_(std::move(more_profiles)),
          documents_(std::move(documents)) {
        const auto source = folder_.path() / "source";
        std::filesystem::create_directories(source);
        std::ofstream(source / "linux") << small_kernel();
        std::ofstream(source / "initrd") << small_initrd();
        loaders_ = folder_.path() / "loaders";
        std::filesystem::create_directories(loaders_);
        std::ofstream(loaders_ / "snponly.efi") << "MZ loader";
        auto store = must(images::Store::open(folder_.path()));
        image_ = must(images::import_folder(store, {source, "demo", {}, {}, {}})).image;
        std::ofstream(source / "root.squashfs") << "hsqs" << std::string(96, '\0');
        rooted_ = must(images::import_folder(store, {source, "rooted", {}, {}, {}})).image;
        boots_ = must(boots::Boots::open(std::move(journal), [this] { return time_; }));
        site_ = std::make_unique<api::Site>(configuration(more_main), std::move(store), *boots_, api::Secrets{});
    }

    api::Site& site() { return *site_; }
    boots::Boots& boots() { return *boots_; }
    [[nodiscard]] const images::Image& image() const { return image_; }
    /// "rooted": the same with a root of its own.
    [[nodiscard]] const images::Image& rooted() const { return rooted_; }
    void advance(std::chrono::milliseconds by) { time_ += by; }

    /// Every event so far.
    std::vector<base::Event> events() {
        std::vector<base::Event> all;
        const auto read = boots_->read(0, {}, [&](base::Event event) {
            all.push_back(std::move(event));
            return true;
        });
        if (!read) throw std::runtime_error(read.error().message());
        return all;
    }

private:
    template <class T>
    static T must(base::Result<T> result) {
        if (!result) throw std::runtime_error(result.error().message());
        return std::move(*result);
    }

    std::shared_ptr<const profiles::Configuration> configuration(const std::string& more_main) const {
        const auto main =
            "data_dir = \"" + folder_.path().string() + "\"\nloaders = \"" + loaders_.string() + "\"\n" + more_main;
        const std::string profiles =
            "[profile.demo]\ninherits = \"linux\"\nimage = \"demo\"\nargs = [\"console=ttyS0\", "
            "\"host={{host.name}}\"]\n"
            "[profile.gone]\ninherits = \"linux\"\nimage = \"nobody-imported-this\"\n" +
            more_profiles_;
        const std::string hosts =
            std::string("[[host]]\nname = \"r640\"\nmac = [\"52:54:00:00:00:01\"]\nprofile = \"demo\"\n") +
            "[[host]]\nname = \"held\"\nmac = [\"52:54:00:00:00:02\"]\nprofile = \"hold\"\n"
            "[[host]]\nname = \"disk\"\nmac = [\"52:54:00:00:00:03\"]\nprofile = \"local\"\n"
            "[[host]]\nname = \"gone\"\nmac = [\"52:54:00:00:00:04\"]\nprofile = \"gone\"\n" +
            more_hosts_;
        auto loaded = profiles::load_texts({(folder_.path() / "musterd.toml").string(), main},
                                           {{"profiles.d/p.toml", profiles}}, {{"hosts.d/h.toml", hosts}}, documents_);
        if (!loaded.configuration) throw std::runtime_error(loaded.problems.render());
        return loaded.configuration;
    }

    std::string more_hosts_;
    std::string more_profiles_;
    std::vector<profiles::SourceText> documents_;
    TemporaryFolder folder_;
    std::filesystem::path loaders_;
    base::Time time_{std::chrono::seconds(1'795'253'400)};
    images::Image image_;
    images::Image rooted_;
    std::unique_ptr<boots::Boots> boots_;
    std::unique_ptr<api::Site> site_;
};

}  // namespace musterd::support
