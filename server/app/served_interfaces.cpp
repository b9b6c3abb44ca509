#include "server/app/served_interfaces.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace musterd::app {

namespace {

bool same(const base::Interface& a, const base::Interface& b) {
    return a.index == b.index && a.addresses == b.addresses;
}

}  // namespace

std::vector<base::Interface> ServedInterfaces::present() const {
    auto all = base::list_interfaces();
    if (!all) {
        spdlog::error("{}", all.error().message());
        return {};
    }
    std::erase_if(*all, [this](const base::Interface& interface) {
        const auto& wanted = settings_.wanted;
        if (wanted.empty()) return interface.loopback || !interface.broadcast;
        return std::find(wanted.begin(), wanted.end(), interface.name) == wanted.end();
    });
    return std::move(*all);
}

void ServedInterfaces::look() {
    const auto interfaces = present();
    if (const auto wanted = settings_.own_address(); wanted != own_address_) {
        close_all();
        own_address_ = wanted;
    }
    drop_changed(interfaces);
    for (const auto& interface : interfaces) {
        if (!served_.contains(interface.name)) serve(interface);
    }
    for (const auto& name : settings_.wanted) {
        const bool there =
            std::any_of(interfaces.begin(), interfaces.end(), [&](const auto& i) { return i.name == name; });
        if (!there)
            complain_once(
                name,
                "no DHCP on " + name +
                    ": there is no such interface, or it is down or has no IPv4 address (ip address); waiting for it");
    }
    if (settings_.wanted.empty() && interfaces.empty()) {
        complain_once(
            "*", "no DHCP: no interface is up, has an IPv4 address and can broadcast (ip address); waiting for one");
    }
}

void ServedInterfaces::drop_changed(const std::vector<base::Interface>& present) {
    const auto gone = [&present](const std::pair<const std::string, Served>& entry) {
        const auto& was = entry.second.interface;
        return std::none_of(present.begin(), present.end(),
                            [&was](const auto& is) { return is.name == was.name && same(is, was); });
    };
    std::erase_if(served_, [&](const auto& entry) {
        if (!gone(entry)) return false;
        spdlog::warn("interface {} went away or changed: DHCP stops there", entry.first);
        entry.second.service->close();
        closed_.push_back(entry.second.service);
        return true;
    });
    if (present.empty()) return;
    complaints_.erase("*");
}

void ServedInterfaces::serve(const base::Interface& interface) {
    dhcp::ServiceOptions options;
    options.interfaces = {interface};
    options.http_port = settings_.http_port;
    options.own_address = own_address_;
    auto service = std::make_shared<dhcp::Service>(tasks_.executor(), options, settings_.policy, settings_.observe);
    const auto opened = service->open();
    if (!opened) return complain_once(interface.name, opened.error().message() + "; trying again every few seconds");
    complaints_.erase(interface.name);
    service->run(tasks_);
    served_.emplace(interface.name, Served{interface, std::move(service)});
    spdlog::info("proxyDHCP on {} ({}), ports 67 and 4011", interface.name, interface.address.to_string());
}

void ServedInterfaces::close() {
    close_all();
}

void ServedInterfaces::close_all() {
    for (auto& [name, served] : served_) {
        served.service->close();
        closed_.push_back(served.service);
    }
    served_.clear();
}

void ServedInterfaces::complain_once(const std::string& about, const std::string& message) {
    auto& last = complaints_[about];
    if (last == message) return;
    last = message;
    spdlog::error("{}", message);
}

}  // namespace musterd::app
