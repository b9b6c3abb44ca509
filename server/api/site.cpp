#include "server/api/site.hpp"

#include "images/signature.hpp"
#include "profiles/kernel_line.hpp"
#include "server/base/fd.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

namespace musterd::api {

Site::Site(std::shared_ptr<const profiles::Configuration> configuration, images::Store store, boots::Boots& boots,
           Secrets secrets)
    : configuration_(std::move(configuration)), store_(std::move(store)), boots_(boots), secrets_(std::move(secrets)) {
    boots_.on_failure([](const base::Error& error) { spdlog::error("{}", error.message()); });
}

void Site::reload(std::shared_ptr<const profiles::Configuration> configuration) {
    configuration_ = std::move(configuration);
    begun_.forget_ended(boots_.roll());
    secret_book_.refresh(*configuration_);
}

void Site::keep_material(std::string_view host, std::string_view boot, profiles::SecretTexts secrets) {
    begun_.keep(host, boot, {configuration_, std::move(secrets)});
}

base::Result<BootMaterial> Site::material_of(const boots::Roll::Found& found) {
    if (const auto* kept = begun_.find(found.host, found.boot->id)) return *kept;
    BootMaterial now{configuration_, {}};
    const auto* host = configuration_->host(found.host);
    const auto* plan = host == nullptr ? nullptr : configuration_->plan(host->profile);
    if (plan != nullptr) {
        auto secrets = secret_book_.texts(profiles::secrets_of(*plan, host));
        if (!secrets) return secrets.error();
        now.secrets = std::move(*secrets);
    }
    if (!is_under_way(boots_.roll(), found)) return now;
    spdlog::info("boot {} of {} began before this start of musterd: it is given what the configuration says now",
                 found.boot->id, found.host);
    keep_material(found.host, found.boot->id, now.secrets);
    return now;
}

base::Result<base::FileSlice> Site::open_loader(const std::string& name) const {
    const auto folder = base::open_folder(configuration_->config().loaders);
    if (!folder) return folder.error();
    auto file = base::open_beneath(*folder, name);
    if (!file) return file.error();
    struct stat status {};
    if (::fstat(file->get(), &status) != 0) return base::Error::from_errno("look at " + name);
    // The folder's owner replaces loaders; two of the same size within a nanosecond are not to be feared.
    auto etag = fmt::format("{:x}-{:x}-{:x}", status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_size);
    return base::whole_file(std::move(*file), std::move(etag));
}

bool Site::is_first_refusal(const std::string& boot, const std::string& address) {
    constexpr std::size_t most = 1000;
    if (refused_.size() >= most) refused_.clear();
    return refused_.emplace(boot, address).second;
}

unsigned Site::count_reading(const std::string& boot, const std::string& file) {
    constexpr std::size_t most = 10'000;
    if (readings_.size() >= most) readings_.clear();
    return ++readings_[{boot, file}];
}

profiles::Choice Site::choice_for(base::Mac mac) const {
    base::Machine machine;
    machine.mac = mac;
    addresses_.complete(machine);
    return configuration_->plan_for(machine);
}

void Site::note(base::Event event) {
    boots_.note(std::move(event));
}

base::Result<images::Image> Site::image(const images::Reference& reference) {
    constexpr std::size_t whole_digest = 64;
    const bool pinned = reference.digest.size() == whole_digest;
    if (const auto known = by_digest_.find(reference.digest); pinned && known != by_digest_.end()) return known->second;
    // Pinned: by the digest alone, because the name may have moved on since the boot began.
    auto found = store_.find(pinned ? images::Reference{{}, reference.digest} : reference);
    if (found) by_digest_.emplace(found->digest, *found);
    return found;
}

bool Site::has_signed_kernel(const images::Image& image) {
    const auto known = signed_kernels_.find(image.digest);
    if (known != signed_kernels_.end()) return known->second;
    const auto kernel = store_.open_file(image, image.kernel);
    if (!kernel) return false;
    base::Bytes head(images::signature_bytes);
    const auto got = ::pread(kernel->fd->get(), head.data(), head.size(), static_cast<off_t>(kernel->offset));
    if (got < 0) return false;
    head.resize(static_cast<std::size_t>(got));
    return signed_kernels_.emplace(image.digest, images::has_signature(head)).first->second;
}

std::string url_of(std::string_view address, std::uint16_t port) {
    const bool ipv6 = address.find(':') != std::string_view::npos;
    return fmt::format("http://{}{}{}:{}", ipv6 ? "[" : "", address, ipv6 ? "]" : "", port);
}

std::string event_host(const profiles::Choice& choice, base::Mac mac) {
    if (choice.host != nullptr) return choice.host->name;
    return choice.plan != nullptr ? mac.to_hyphens() : std::string{};
}

}  // namespace musterd::api
