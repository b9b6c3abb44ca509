#include "tftp/server_core.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace musterd::tftp {

namespace {

constexpr std::chrono::seconds reboot_takes(1);
constexpr std::size_t most_netascii = 8;  // of up to 32 MiB each

}  // namespace

void Server::Core::take(const base::Datagram& datagram) {
    auto decision = decide(datagram.payload);
    if (std::holds_alternative<Ignore>(decision)) {
        if (!hand_over(datagram)) ++ignored_;
        return;
    }
    if (const auto* const no = std::get_if<Refuse>(&decision)) {
        return refuse(*no, datagram.from, datagram.local, datagram.interface);
    }
    auto& serve = std::get<Serve>(decision);
    if (repeats(serve.request, datagram.from)) {
        ++repeated_;
        return;
    }
    if (tasks_ == nullptr) {
        const Refuse stopping{{ErrorCode::not_defined, "The server stops"}};
        return refuse(stopping, datagram.from, datagram.local, datagram.interface);
    }
    Asked asked{
        0, std::move(serve.request), {std::move(serve.path), datagram.from, datagram.local}, datagram.interface};
    if (resolving_.size() + sessions_.size() >= options_.max_transfers) {
        const Refuse busy{{ErrorCode::not_defined, "Too many transfers, try again"}};
        return refuse(busy, asked);
    }
    ask(std::move(asked));
}

/// In single-port mode a datagram belongs to its sender's transfer. One without a transfer is passed over: mostly the
/// last ACK again.
bool Server::Core::hand_over(const base::Datagram& datagram) {
    if (!options_.single_port) return false;
    const auto latest = latest_.find(datagram.from);
    const auto session = latest == latest_.end() ? sessions_.end() : sessions_.find(latest->second.id);
    if (session == sessions_.end()) return false;
    const auto kept = session->second;
    kept->take(datagram.payload, datagram.from);
    return true;
}

/// A client that did not hear our first answer asks again from the same port. Another request from that port, before
/// it answered the last, means that it gave the last one up: Intel's ROMs use one port for the probe and the read.
/// A client that came further has rebooted or lost its mind; what it had runs out by itself. On a single port the two
/// could not be told apart, so what it had is ended; unless it was heard of just now, when the request is an old copy.
bool Server::Core::repeats(const FileRequest& request, const base::IpEndpoint& peer) {
    const auto latest = latest_.find(peer);
    if (latest == latest_.end()) return false;
    const auto session = sessions_.find(latest->second.id);
    const bool same = latest->second.request == request;
    if (session == sessions_.end()) return same;  // its file is still looked for
    const auto kept = session->second;
    if (same && kept->request_again()) return true;
    if (same && options_.single_port && kept->heard_within(reboot_takes)) return true;
    if (same && options_.single_port) kept->close("the client began again");
    if (!same && (options_.single_port || kept->unanswered())) kept->close("the client asked for something else");
    return false;
}

void Server::Core::ask(Asked asked) {
    ++requests_;
    asked.id = ++last_id_;
    resolving_.insert(asked.id);
    latest_[asked.what.peer] = {asked.id, asked.request};
    const auto what = asked.what;
    auto reply = [weak = weak_from_this(), executor = executor_,
                  asked = std::move(asked)](base::Result<base::FileSlice> file) {
        asio::post(executor, [weak, asked, file = std::move(file)]() mutable {
            if (const auto core = weak.lock()) core->answer(asked, std::move(file));
        });
    };
    resolve_(what, std::move(reply));
}

void Server::Core::answer(const Asked& asked, base::Result<base::FileSlice> file) {
    const bool wanted = resolving_.contains(asked.id);
    if (file && wanted && asked.request.mode == Mode::netascii) return convert(asked, *file);
    conclude(asked, std::move(file));
}

/// A few at once, because each is held in memory until its transfer has ended.
void Server::Core::convert(const Asked& asked, const base::FileSlice& file) {
    if (netascii_.size() >= most_netascii) return conclude(asked, base::Error("Too many in netascii, ask for octet"));
    auto conversion = NetasciiConversion::of(file);
    if (!conversion) return conclude(asked, conversion.error());
    netascii_.insert(asked.id);
    convert_on(asked, std::make_shared<NetasciiConversion>(std::move(*conversion)));
}

void Server::Core::convert_on(const Asked& asked, const std::shared_ptr<NetasciiConversion>& conversion) {
    const auto more = conversion->step();
    if (!more) return conclude(asked, more.error());
    if (!*more) return conclude(asked, conversion->finish());
    asio::post(executor_, [weak = weak_from_this(), asked, conversion] {
        if (const auto core = weak.lock()) core->convert_on(asked, conversion);
    });
}

void Server::Core::conclude(const Asked& asked, base::Result<base::FileSlice> file) {
    const auto latest = latest_.find(asked.what.peer);
    const bool wanted = resolving_.erase(asked.id) != 0 && tasks_ != nullptr && latest != latest_.end() &&
                        latest->second.id == asked.id;  // else it asked for something else since
    if (wanted && file) return begin(asked, std::move(*file));
    netascii_.erase(asked.id);
    if (!wanted) return;
    forget(asked.id, asked.what.peer);
    refuse(refusal(file.error()), asked);
}

void Server::Core::begin(const Asked& asked, base::FileSlice file) {
    auto session = make_session(asked, std::move(file));
    if (!session) {
        forget(asked.id, asked.what.peer);
        return refuse(refusal(session.error()), asked);
    }
    sessions_[asked.id] = *session;
    auto done = [weak = weak_from_this(), id = asked.id](const TransferEnd& end) {
        if (const auto core = weak.lock()) core->ended(id, end);
    };
    tasks_->spawn("tftp transfer of " + asked.what.path, Session::run(std::move(*session), std::move(done)));
}

base::Result<std::shared_ptr<Session>> Server::Core::make_session(const Asked& asked, base::FileSlice file) {
    auto agreement = negotiate(asked.request, file.length, limits(asked));
    Session::Start start{asked.what, std::move(agreement), std::move(file), options_.rollover, options_.segmentation};
    if (options_.single_port) return Session::share(port_for(asked.what.peer.address).shared, std::move(start));
    return Session::open(executor_, std::move(start));
}

void Server::Core::ended(Id id, const TransferEnd& end) {
    sessions_.erase(id);
    forget(id, end.peer);
    if (tasks_ == nullptr && sessions_.empty()) close_ports();
    if (on_end_) on_end_(end);
}

void Server::Core::refuse(const Refuse& refusal, const Asked& asked) {
    refuse(refusal, asked.what.peer, asked.what.local, asked.interface);
    if (!on_end_) return;
    TransferEnd end;
    end.peer = asked.what.peer;
    end.local = asked.what.local;
    end.path = asked.what.path;
    end.refused = refusal.error.code;
    end.reason = refusal.error.text;
    on_end_(end);
}

void Server::Core::forget(Id id, const base::IpEndpoint& peer) {
    netascii_.erase(id);
    const auto latest = latest_.find(peer);
    if (latest != latest_.end() && latest->second.id == id) latest_.erase(latest);
}

}  // namespace musterd::tftp
