#pragma once

#include "server/base/event.hpp"
#include "server/base/ulid.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace musterd::stories {

/// What one machine does, at random, and what its events are. A small model of the life of a boot, made without the
/// reducer, to be compared with it.
class Machine {
public:
    Machine(std::string host, std::uint32_t seed) : host_(std::move(host)), random_(seed) {}

    /// One thing that the machine, or somebody to it, does next.
    base::Event step(std::uint64_t id) {
        id_ = id;
        switch (random_() % 8) {
            case 0:
                return firmware();
            case 1:
                return script();
            case 2:
                return late_of_old_boot();
            case 3:
                return boot_ == 0 ? firmware() : say(failing() ? base::EventKind::boot_failed : base::EventKind::up);
            default:
                return fetch();
        }
    }

    // What has to stand in the roll.
    std::string stage = "none";
    std::string condition = "ok";
    std::string current;  ///< id of the boot under way; empty between power-on and script
    unsigned offers = 0;
    std::uint64_t began = 0;

private:
    static int rank(const std::string& name) {
        static const std::vector<std::string> order{"none", "firmware", "loader", "script", "kernel", "initrd", "up"};
        for (std::size_t i = 0; i < order.size(); ++i) {
            if (order[i] == name) return static_cast<int>(i);
        }
        return -1;
    }
    bool failing() { return random_() % 3 == 0; }
    void come_to(const std::string& reached) {
        if (rank(reached) <= rank(stage)) return;
        stage = reached;
        condition = "ok";
    }

    base::Event made(base::EventKind kind) {
        base::Event event;
        event.id = id_;
        event.kind = kind;
        event.host = host_;
        // A clock that is set to and fro must not matter.
        event.time = base::Time(std::chrono::seconds(1'795'000'000 + static_cast<int>(random_() % 200'000)));
        return event;
    }
    base::Event firmware() {
        if (!current.empty() || stage == "none") {
            stage = "none";
            come_to("firmware");
            offers = 0;
            began = id_;
            open_ = true;
        }
        current.clear();
        ++offers;
        return made(base::EventKind::dhcp_offer);
    }
    base::Event script() {
        auto event = made(base::EventKind::boot_started);
        event.boot = name_of(++boot_);
        if (!open_) {
            began = id_;
            offers = 0;
        }
        open_ = false;
        current = event.boot;
        stage = "none";
        come_to("script");
        return event;
    }
    base::Event fetch() {
        auto event = made(base::EventKind::file_sent);
        const bool whole = random_() % 3 != 0;
        event.size = 9;
        event.sent = whole ? 9 : 4;
        if (!whole) event.reason = "client left";
        event.file = current.empty() ? "snponly.efi" : random_() % 2 == 0 ? "kernel" : "initrd";
        event.boot = current;
        if (whole && !current.empty()) come_to(event.file);
        if (whole && current.empty() && open_) come_to("loader");
        return event;
    }
    base::Event say(base::EventKind kind) {
        if (current.empty()) return late_of_old_boot();
        auto event = made(kind);
        event.boot = current;
        event.reason = kind == base::EventKind::boot_failed ? "no disk" : "";
        if (kind == base::EventKind::up) come_to("up");
        if (kind == base::EventKind::boot_failed) condition = "failed";
        return event;
    }
    /// Of whatever kind: nothing may move but bytes and stages of that old boot.
    base::Event late_of_old_boot() {
        if (boot_ < 2) return firmware();
        const auto old = name_of(1 + random_() % (boot_ - 1));
        static constexpr base::EventKind kinds[]{base::EventKind::up,           base::EventKind::boot_failed,
                                                 base::EventKind::boot_started, base::EventKind::file_sent,
                                                 base::EventKind::installing,   base::EventKind::installed};
        auto event = made(kinds[random_() % 6]);
        event.boot = old;
        if (event.kind == base::EventKind::file_sent) {
            event.file = "kernel";
            event.sent = event.size = 9;
        }
        return event;
    }
    std::string name_of(std::uint64_t number) const {
        const auto text = std::to_string(number) + host_;
        return "01ARYZ6S41" + std::string(16 - text.size(), '0') + text;
    }

    std::string host_;
    std::mt19937 random_;
    std::uint64_t id_ = 0;
    std::uint64_t boot_ = 0;
    bool open_ = false;  ///< firmware was seen, and no script since
};

/// Events of some machines with the ids 1, 2, …, in which now this one and now that one does something.
inline std::vector<base::Event> of_machines(int machines, int steps, std::uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<Machine> all;
    for (int i = 0; i < machines; ++i)
        all.emplace_back("n" + std::to_string(i), seed * 100 + static_cast<std::uint32_t>(i));
    std::vector<base::Event> events;
    for (int i = 0; i < steps; ++i)
        events.push_back(all[random() % all.size()].step(static_cast<std::uint64_t>(i) + 1));
    return events;
}

}  // namespace musterd::stories
