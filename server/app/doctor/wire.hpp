#pragma once

#include "server/app/doctor/observations.hpp"

#include <chrono>
#include <functional>

namespace musterd::app::doctor {

/// Told now and then while doctor listens: offers so far, time left.
using Progress = std::function<void(std::size_t offers, std::chrono::milliseconds left)>;

/// Every interface that is up and can broadcast; with `names`, those, there or not.
std::vector<InterfaceSeen> look_at_interfaces(const std::vector<std::string>& names);
/// Every IPv4 address of this host.
std::vector<base::Ipv4> own_addresses();

/// Broadcasts all questions on all `interfaces` that are up, again half-way, and takes every offer for `time`.
/// Says in each interface whether it could ask. Nothing is ever requested, so no lease is taken.
std::vector<Offer> ask_the_wire(std::vector<InterfaceSeen>& interfaces, std::chrono::milliseconds time,
                                const Progress& progress);

}  // namespace musterd::app::doctor
