#include "server/api/script_desk.hpp"

#include "profiles/kernel_line.hpp"
#include "server/api/boot_script.hpp"
#include "server/api/grub_script.hpp"
#include "server/boots/installation.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace musterd::api {

namespace {

std::string_view parameter(const ScriptRequest& request, const std::string& name) {
    const auto found = request.query.find(name);
    return found == request.query.end() ? std::string_view{} : found->second;
}

base::Error invalid(const std::string& message) {
    return base::Error(message, std::make_error_code(std::errc::invalid_argument));
}

/// A boot that could begin: everything of it but its id.
struct Candidate {
    ScriptFacts facts;
    base::Event event;
    profiles::Choice choice;
    profiles::BootFacts boot;
    profiles::SecretTexts secrets;
};

profiles::RootForm root_form(const images::Image& image) {
    if (image.root.empty()) return profiles::RootForm::none;
    return image.root.ends_with(".iso") ? profiles::RootForm::iso : profiles::RootForm::squashfs;
}

/// Why this image cannot run on that machine; empty if it can. BIOS does not tell 32 from 64 bit, and UEFI starts
/// programs of its own width only.
std::string mismatch(const images::Image& image, const base::Machine& machine) {
    const bool told = !machine.arch.empty() && !image.arch.empty();
    const bool narrow = machine.arch == "i386" && image.arch == "amd64";
    const bool kernel = image.payload() == images::Payload::kernel;
    if (!told || (narrow && kernel) || machine.arch == image.arch) return {};
    if (narrow)
        return fmt::format("image {} is an EFI program for amd64, this machine has BIOS or 32-bit UEFI", image.name);
    return fmt::format("image {} is for {}, this machine is {}", image.name, image.arch, machine.arch);
}

/// What keeps an installing plan from writing the machine's disk: that it was written, or begun to be.
const boots::Installation* earlier_installation(const Site& site, const ScriptRequest& request,
                                                const base::Machine& machine, const profiles::Choice& choice) {
    if (!choice.plan->installs || request.as_new) return nullptr;
    std::vector<std::string> macs{machine.mac.to_string()};
    for (const auto& mac : choice.host == nullptr ? std::vector<base::Mac>{} : choice.host->macs)
        macs.push_back(mac.to_string());
    return boots::installation_of(site.boots().roll(), event_host(choice, machine.mac), macs);
}

bool boots_from_disk(const Site& site, const ScriptRequest& request, const base::Machine& machine,
                     const profiles::Choice& choice) {
    if (choice.plan->action == profiles::Action::local) return true;
    const auto* earlier = earlier_installation(site, request, machine, choice);
    return earlier != nullptr && earlier->ended;
}

base::Result<Candidate> candidate(Site& site, const ScriptRequest& request, const base::Machine& machine,
                                  const profiles::Choice& choice) {
    if (const auto* earlier = earlier_installation(site, request, machine, choice)) {
        if (earlier->ended) return base::Error("it is installed, and boots from its own disk");
        return base::Error(
            fmt::format("it began to install at {} and never said that it was done: look at its disk; "
                        "\"musterd host reinstall {}\" lets it begin anew",
                        base::to_rfc3339(earlier->began), event_host(choice, machine.mac)));
    }
    const auto& wanted = choice.plan->image;
    if (!wanted) return base::Error(fmt::format("profile {} names no image", choice.plan->profile));
    const auto image = site.image(*wanted);
    if (!image) return image.error();
    if (const auto why = mismatch(*image, machine); !why.empty()) return base::Error(why);
    const auto root = root_form(*image);
    if (choice.plan->wants_root && root == profiles::RootForm::none) {
        return base::Error(
            fmt::format("image {} has no root: profile {} wants a squashfs beside kernel and initrd, or "
                        "casper's ISO",
                        image->name, choice.plan->profile));
    }
    auto secrets = site.secret_book().texts(profiles::secrets_of(*choice.plan, choice.host));
    if (!secrets) return secrets.error();
    Candidate made;
    made.secrets = std::move(*secrets);
    made.choice = choice;
    made.event.host = event_host(choice, machine.mac);
    made.event.mac = machine.mac.to_string();
    made.event.address = request.peer;
    made.event.image = images::Reference{wanted->name, image->digest}.to_string();
    made.event.details = {{"profile", choice.plan->profile}};
    made.facts.host = made.event.host;
    made.facts.mac = machine.mac;
    made.facts.initrds = image->initrds.size();
    made.facts.args = image->args;
    made.facts.payload = image->payload();
    made.boot = {machine.mac, wanted->name, image->digest, {}, {}, root};
    made.boot.machine_id = profiles::machine_id_of(site.site_key(), made.event.host);
    return made;
}

// iPXE knows no other (src/net/udp/syslog.c).
constexpr std::uint16_t syslog_port = 514;

/// The address of http://A.B.C.D:PORT; empty where it is another kind.
std::string ipv4_of(std::string_view url) {
    constexpr std::string_view scheme = "http://";
    const auto host = url.substr(std::min(scheme.size(), url.size()));
    const auto address = base::Ipv4::parse(host.substr(0, host.find(':')));
    return address ? address->to_string() : std::string();
}

base::Result<std::string> script_with(const Site& site, Candidate made, const ScriptRequest& request,
                                      const std::string& boot) {
    made.facts.boot = boot;
    made.facts.url = fmt::format("{}/boot/{}", request.server_url, boot);
    if (!request.files_url.empty()) made.facts.files = fmt::format("{}/boot/{}", request.files_url, boot);
    if (site.configuration().config().consoles.syslog_port == syslog_port)
        made.facts.syslog = ipv4_of(request.server_url);
    made.boot.boot_id = boot;
    made.boot.boot_url = made.facts.url;
    for (auto& argument : profiles::kernel_arguments(*made.choice.plan, made.choice.host, made.boot)) {
        made.facts.args.push_back(std::move(argument));
    }
    return request.language == ScriptLanguage::grub ? grub_boot_script(made.facts) : boot_script(made.facts);
}

std::string local_boot(const Site& site, const ScriptRequest& request, const profiles::Choice& choice,
                       const base::Machine& machine) {
    const auto host = event_host(choice, machine.mac);
    if (request.language == ScriptLanguage::grub) return grub_local_script(host);
    const auto choices = site.configuration().firmware_for(choice, machine.vendor_class);
    const auto way = choices.local_boot.value_or(profiles::LocalBoot::automatic);
    return local_script(host, way, fmt::format("{}/boot/loader/grubx64-musterd.efi", request.server_url));
}

std::string asking_again(const ScriptRequest& request, const base::Machine& machine, std::string_view why) {
    if (request.language == ScriptLanguage::grub) return grub_wait_script(why);
    const auto& base = request.files_url.empty() ? request.server_url : request.files_url;
    // iPXE cuts a query off a tftp URL, so there the question mark travels encoded (src/core/uri.c).
    const auto* mark = request.files_url.empty() ? "?" : "%3F";
    auto url = fmt::format("{}/boot/script{}mac={}", base, mark, machine.mac.to_string());
    for (const auto* name : {"uuid", "serial", "arch"}) {
        if (const auto value = parameter(request, name); !value.empty()) url += fmt::format("&{}={}", name, value);
    }
    return wait_script(why, url);
}

void refuse(Site& site, const ScriptRequest& request, const profiles::Choice& choice, base::Mac mac, std::string why) {
    base::Event refused;
    refused.kind = base::EventKind::script_refused;
    refused.host = event_host(choice, mac);
    refused.mac = mac.to_string();
    refused.address = request.peer;
    refused.reason = std::move(why);
    site.note(refused);
}

/// The boot in which the machine fetches this very disk already.
std::string boot_under_way(const Site& site, const base::Event& event) {
    const auto& hosts = site.boots().roll().hosts;
    const auto host = hosts.find(event.host);
    const auto* boot = host == hosts.end() ? nullptr : host->second.current();
    const bool same = boot != nullptr && boot->image == event.image && boot->address == event.address;
    return same ? boot->id : std::string{};
}

}  // namespace

base::Result<base::Machine> machine_of(const Site& site, const ScriptRequest& request) {
    base::Machine machine;
    machine.firmware = request.language == ScriptLanguage::grub ? base::Firmware::grub : base::Firmware::ipxe;
    machine.arch = parameter(request, "arch");
    machine.serial = parameter(request, "serial");
    if (const auto text = parameter(request, "uuid"); !text.empty()) {
        const auto uuid = base::Uuid::parse(text);
        if (!uuid) return invalid(uuid.error().message());
        if (!uuid->none()) machine.uuid = *uuid;
    }
    const auto text = parameter(request, "mac");
    if (text.empty()) {
        const auto address = base::Ipv4::parse(request.peer);
        const auto mac = address ? site.addresses().mac_of(*address) : std::nullopt;
        if (!mac) return invalid("the machine is not told: ?mac= is missing, and its address is not known");
        machine.mac = *mac;
    } else {
        const auto mac = base::Mac::parse(text);
        if (!mac) return invalid(mac.error().message());
        machine.mac = *mac;
    }
    site.addresses().complete(machine);
    return machine;
}

base::Result<std::string> preview_script(Site& site, const ScriptRequest& request) {
    const auto machine = machine_of(site, request);
    if (!machine) return machine.error();
    const auto choice = site.configuration().plan_for(*machine);
    if (choice.plan == nullptr)
        return base::Error(choice.reason, std::make_error_code(std::errc::no_such_file_or_directory));
    if (boots_from_disk(site, request, *machine, choice)) return local_boot(site, request, choice, *machine);
    if (choice.plan->action == profiles::Action::hold)
        return asking_again(request, *machine, "this machine is on hold");
    auto made = candidate(site, request, *machine, choice);
    auto script = made ? script_with(site, *made, request, no_boot) : base::Result<std::string>(made.error());
    if (!script) return asking_again(request, *machine, script.error().message());
    return script;
}

base::Result<std::string> serve_script(Site& site, const ScriptRequest& request) {
    const auto machine = machine_of(site, request);
    if (!machine) return machine.error();
    const auto choice = site.configuration().plan_for(*machine);
    const bool boots = choice.plan != nullptr && choice.plan->action == profiles::Action::boot;
    if (!boots || boots_from_disk(site, request, *machine, choice)) return preview_script(site, request);
    auto made = candidate(site, request, *machine, choice);
    // What a script could not say must not begin a boot.
    const auto rehearsal = made ? script_with(site, *made, request, no_boot) : base::Result<std::string>(made.error());
    if (!rehearsal) {
        refuse(site, request, choice, machine->mac, rehearsal.error().message());
        return asking_again(request, *machine, rehearsal.error().message());
    }
    const auto started = site.boots().start_boot(made->event);
    if (!started) return started.error();
    site.keep_material(made->event.host, started->boot, std::move(made->secrets));
    return script_with(site, std::move(*made), request, started->boot);
}

base::Result<BootFile> serve_disk(Site& site, const ScriptRequest& request, DiskAsked asked) {
    const auto machine = machine_of(site, request);
    if (!machine) return machine.error();
    const auto choice = site.configuration().plan_for(*machine);
    const auto none = std::make_error_code(std::errc::no_such_file_or_directory);
    if (choice.plan == nullptr) return base::Error(choice.reason, none);
    if (choice.plan->action != profiles::Action::boot) return base::Error("this machine boots no disk of ours", none);
    auto made = candidate(site, request, *machine, choice);
    if (made && made->facts.payload != images::Payload::disk)
        made = base::Error(fmt::format("image {} is no disk", made->boot.image_name), none);
    if (!made) {
        refuse(site, request, choice, machine->mac, made.error().message());
        return made.error();
    }
    if (asked == DiskAsked::head) {
        const auto image = site.image({{}, made->boot.image_digest});
        return image ? open_file_of_image(site, image->digest, image->disk) : base::Result<BootFile>(image.error());
    }
    auto boot = asked == DiskAsked::again ? boot_under_way(site, made->event) : std::string{};
    if (boot.empty()) {
        const auto started = site.boots().start_boot(made->event);
        if (!started) return started.error();
        boot = started->boot;
    }
    return open_file_of_boot(site, boot, "disk", {request.peer, request.server_url, "http"});
}

}  // namespace musterd::api
