#include "server/api/api_router.hpp"

#include "server/api/problem.hpp"

#include <chrono>
#include <utility>

namespace musterd::api {

void ApiRouter::add(const std::string& method, std::string_view pattern, Role role, Answer answer) {
    router_.add(method, pattern,
                [&guard = guard_, &metrics = metrics_, role, answer = std::move(answer)](
                    const http::Request& request, const http::Captures& captures, const http::Respond& respond) {
                    auto refused = guard.refusal(request, role, std::chrono::steady_clock::now());
                    if (refused) metrics.count_refusal(refused->status);
                    respond(refused ? std::move(*refused) : answer(request, captures));
                });
}

http::Handler in_problem_details(const http::Router& router) {
    return [&router](http::Request request, http::Respond respond) {
        auto dressed = [path = request.path, respond = std::move(respond)](http::Response response) {
            respond(as_problem_details(path, std::move(response)));
        };
        router(std::move(request), std::move(dressed));
    };
}

}  // namespace musterd::api
