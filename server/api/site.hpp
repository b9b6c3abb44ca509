// server/api: what the outside may ask for, and the answers. Boot scripts, boot files, phone-home, the API of hosts,
// images and events, and the page. Everything here runs on the control thread; a route never waits: it answers from
// memory, from one small read of the image store, or with a slice of an open file that the protocol rooms send.
//
//   site         what the routes know: configuration, images, boots, who has which address
//   boot_script  (pure) iPXE scripts            boot_file    a path under /boot or /images, or a loader, to a FileSlice
//   grub_script  (pure) GRUB scripts            grub_loader  (pure) a GRUB image is told its server
//   script_desk  which script a machine gets    phone_home   what a machine says when it is up
//   secret_book  what hosts' secrets are    begun_boots  what a boot under way keeps of its configuration
//   seed         (pure) cloud-init's documents  seed_desk    who may read them
//   packet_ring  each machine's last DHCP packets          console_book  what machines say on their consoles
//   guard        who may use the API: tokens with roles, and a pause for those who guess
//   boot_routes, admin_routes, event_routes, token_routes, event_stream, page: HTTP
//
// It is not a protocol: TFTP and HTTP ask the same functions. Contracts: shared URLs and JSON of the design's page.
#pragma once

#include "images/store.hpp"
#include "profiles/identity.hpp"
#include "profiles/lookup.hpp"
#include "server/api/address_book.hpp"
#include "server/api/begun_boots.hpp"
#include "server/api/console_book.hpp"
#include "server/api/packet_ring.hpp"
#include "server/api/secret_book.hpp"
#include "server/boots/boots.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace musterd::api {

/// What data_dir keeps and nobody may read.
struct Secrets {
    profiles::SiteKey site_key{};
};

/// What the routes know. One per process, on the control thread.
class Site {
public:
    Site(std::shared_ptr<const profiles::Configuration> configuration, images::Store store, boots::Boots& boots,
         Secrets secrets);

    [[nodiscard]] const profiles::Configuration& configuration() const { return *configuration_; }
    /// Swaps it, and begins to read its secrets.
    void reload(std::shared_ptr<const profiles::Configuration> configuration);
    [[nodiscard]] SecretBook& secret_book() { return secret_book_; }
    [[nodiscard]] const SecretBook& secret_book() const { return secret_book_; }
    /// The boot begins with the configuration of now, and with these secrets of its host.
    void keep_material(std::string_view host, std::string_view boot, profiles::SecretTexts secrets);
    /// What this boot's files and documents are made from: what it began with, or, if this process does not know that
    /// any more, what there is now. Error EAGAIN: a secret cannot be had yet.
    base::Result<BootMaterial> material_of(const boots::Roll::Found& found);

    [[nodiscard]] const images::Store& store() const { return store_; }
    [[nodiscard]] boots::Boots& boots() { return boots_; }
    [[nodiscard]] const boots::Boots& boots() const { return boots_; }
    [[nodiscard]] AddressBook& addresses() { return addresses_; }
    [[nodiscard]] const AddressBook& addresses() const { return addresses_; }
    [[nodiscard]] PacketRing& packets() { return packets_; }
    [[nodiscard]] const PacketRing& packets() const { return packets_; }
    [[nodiscard]] ConsoleBook& consoles() { return consoles_; }
    [[nodiscard]] const ConsoleBook& consoles() const { return consoles_; }
    [[nodiscard]] const profiles::SiteKey& site_key() const { return secrets_.site_key; }

    /// A file of the loaders' folder. The folder may appear after the server has started.
    [[nodiscard]] base::Result<base::FileSlice> open_loader(const std::string& name) const;
    /// Records an event that no answer waits for. What cannot be journalled is logged and did not happen.
    void note(base::Event event);
    /// Whether this address is refused a file of this boot for the first time.
    bool is_first_refusal(const std::string& boot, const std::string& address);
    /// How often this was called for the file of this boot, this time included.
    unsigned count_reading(const std::string& boot, const std::string& file);
    /// What the machine with this MAC is to do, by what is known of it.
    [[nodiscard]] profiles::Choice choice_for(base::Mac mac) const;
    /// By reference; one that is pinned by its whole digest is read once.
    base::Result<images::Image> image(const images::Reference& reference);
    /// Whether Secure Boot firmware could start the image's kernel, by whomever it is signed.
    bool has_signed_kernel(const images::Image& image);

private:
    std::shared_ptr<const profiles::Configuration> configuration_;
    images::Store store_;
    boots::Boots& boots_;
    AddressBook addresses_;
    SecretBook secret_book_;
    BegunBoots begun_;
    PacketRing packets_;
    ConsoleBook consoles_;
    Secrets secrets_;
    std::set<std::pair<std::string, std::string>> refused_;             ///< boot and address
    std::map<std::pair<std::string, std::string>, unsigned> readings_;  ///< by boot and file
    std::map<std::string, images::Image> by_digest_;
    std::map<std::string, bool> signed_kernels_;  ///< by digest of the image
};

/// http://ADDRESS:PORT, an IPv6 address in brackets (RFC 3986 3.2.2).
std::string url_of(std::string_view address, std::uint16_t port);

/// What events call a machine: its host's name, else its MAC with hyphens where a plan is served to it anyway.
std::string event_host(const profiles::Choice& choice, base::Mac mac);

}  // namespace musterd::api
