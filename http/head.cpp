#include "http/head.hpp"

#include "http/conditional.hpp"
#include "http/content_type.hpp"
#include "http/date.hpp"
#include "http/range.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace musterd::http {

namespace {

bool same_name(std::string_view left, std::string_view right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char l, char r) {
        const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
        return lower(l) == lower(r);
    });
}

/// Fields that say how the message is framed are ours alone: a handler's would contradict them.
bool is_ours(std::string_view name) {
    static constexpr std::array<std::string_view, 10> names = {
        "Content-Length", "Content-Range", "Transfer-Encoding", "Connection", "Date",
        "Server",         "Accept-Ranges", "Content-Type",      "ETag",       "Last-Modified"};
    return std::any_of(names.begin(), names.end(), [&](auto ours) { return same_name(name, ours); });
}

void append_field(std::string& head, std::string_view name, std::string_view value) {
    head.append(name).append(": ");
    // A handler's value may come from a request or a file: no line of it may become a field of its own.
    std::transform(value.begin(), value.end(), std::back_inserter(head),
                   [](char c) { return c == '\r' || c == '\n' || c == '\0' ? ' ' : c; });
    head.append("\r\n");
}

std::string etag_of(const Response& response) {
    const auto given = std::find_if(response.headers.begin(), response.headers.end(),
                                    [](const auto& field) { return same_name(field.first, "ETag"); });
    if (given != response.headers.end()) return given->second;
    const auto* slice = std::get_if<base::FileSlice>(&response.body);
    return slice == nullptr ? std::string{} : quote_etag(slice->etag);
}

std::uint64_t length_of(const Response& response) {
    if (const auto* text = std::get_if<std::string>(&response.body)) return text->size();
    if (const auto* slice = std::get_if<base::FileSlice>(&response.body)) return slice->length;
    return 0;
}

/// What stands in for the handler's body: 412 and 416 say so in words, 304 says nothing.
void replace(Plan& plan, Response& response, unsigned status, std::string words) {
    plan.status = status;
    response.content_type = "text/plain; charset=utf-8";
    response.body = std::move(words);
}

void cut_body(Response& response, const RangeChoice& range) {
    if (auto* slice = std::get_if<base::FileSlice>(&response.body)) {
        slice->offset += range.offset;
        slice->length = range.length;
    } else if (auto* text = std::get_if<std::string>(&response.body)) {
        *text = text->substr(range.offset, range.length);
    }
}

/// A date in the future would say nothing (RFC 9110 8.8.2.1).
Validators validators_of(const Response& response, base::Time now) {
    Validators validators{etag_of(response), {}, now};
    if (response.modified && *response.modified <= now) validators.modified = response.modified;
    return validators;
}

/// Conditions, then range (RFC 9110 13.2.2). Range counts for GET only (14.2).
std::string choose_status(Plan& plan, const Request& request, Response& response, const Validators& validators) {
    const bool head_only = request.method == "HEAD";
    if (response.status != 200 || (request.method != "GET" && !head_only)) return {};
    const auto precondition = evaluate_preconditions(request, validators);
    if (precondition == Precondition::failed) replace(plan, response, 412, "the file is another one by now\n");
    if (precondition == Precondition::not_modified) replace(plan, response, 304, {});
    const bool stream = std::holds_alternative<std::shared_ptr<Stream>>(response.body);
    if (precondition != Precondition::proceed || head_only || stream || !range_applies(request, validators)) return {};

    const auto range = choose_range(request.header("range"), plan.total);
    auto field = content_range(range, plan.total);
    if (range.kind == RangeChoice::Kind::unsatisfiable) {
        replace(plan, response, 416, fmt::format("the file has {} bytes\n", plan.total));
    }
    if (range.kind == RangeChoice::Kind::part) {
        plan.status = 206;
        plan.offset = range.offset;
        cut_body(response, range);
    }
    return field;
}

bool may_have_body(unsigned status) {
    return status >= 200 && status != 204 && status != 304;
}

void append_framing(Plan& plan, const Request& request, const Response& response, const std::string& range) {
    const bool stream = std::holds_alternative<std::shared_ptr<Stream>>(response.body);
    if (may_have_body(plan.status)) {
        append_field(plan.head, "Content-Type",
                     response.content_type.empty() ? content_type_of(request.path) : response.content_type);
        if (!stream) append_field(plan.head, "Content-Length", fmt::to_string(plan.size));
    }
    if (plan.chunked) append_field(plan.head, "Transfer-Encoding", "chunked");
    if (!range.empty()) append_field(plan.head, "Content-Range", range);
    const bool read = request.method == "GET" || request.method == "HEAD";
    if (!stream && read && (plan.status == 200 || plan.status == 206)) {
        append_field(plan.head, "Accept-Ranges", "bytes");
    }
    if (plan.close) append_field(plan.head, "Connection", "close");
}

void append_validators(Plan& plan, const Validators& validators) {
    if (!validators.etag.empty()) append_field(plan.head, "ETag", validators.etag);
    if (validators.modified) append_field(plan.head, "Last-Modified", http_date(*validators.modified));
}

}  // namespace

Plan plan_response(const Request& request, Response& response, const Circumstances& circumstances) {
    Plan plan;
    plan.status = response.status;
    plan.total = length_of(response);
    const auto validators = validators_of(response, circumstances.now);
    const auto range = choose_status(plan, request, response, validators);
    plan.size = length_of(response);
    const bool stream = std::holds_alternative<std::shared_ptr<Stream>>(response.body);
    plan.chunked = stream && !circumstances.http_1_0;
    plan.close = circumstances.close || circumstances.http_1_0;

    // GRUB takes an answer only if it starts so, whatever version it asked in (grub-core/net/http.c).
    plan.head = fmt::format("HTTP/1.1 {} {}\r\n", plan.status, reason_phrase(plan.status));
    append_field(plan.head, "Date", http_date(circumstances.now));
    append_field(plan.head, "Server", "musterd");
    append_framing(plan, request, response, range);
    for (const auto& [name, value] : response.headers) {
        if (!is_ours(name)) append_field(plan.head, name, value);
    }
    if (plan.status != 416 && plan.status != 412) append_validators(plan, validators);
    plan.head.append("\r\n");

    const bool replaced = plan.status != response.status && plan.status != 206;
    plan.delivers = request.method != "HEAD" && !replaced;
    if (request.method != "HEAD" && may_have_body(plan.status)) plan.body = std::move(response.body);
    return plan;
}

}  // namespace musterd::http
