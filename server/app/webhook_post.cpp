#include "server/app/webhook_post.hpp"

#include "server/api/webhook_message.hpp"
#include "server/base/clock.hpp"
#include "server/base/fd.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <array>
#include <memory>

namespace musterd::app {

namespace {

constexpr long connect_seconds = 5;
constexpr long whole_seconds = 10;

struct Close {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::size_t ignore(char*, std::size_t, std::size_t count, void*) {
    return count;
}

int stopped(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<const std::atomic<bool>*>(stop)->load() ? 1 : 0;
}

/// Read anew for each message: a secret that was replaced is taken up by itself.
base::Result<std::string> secret_of(const profiles::Webhook& webhook) {
    if (webhook.secret.empty()) return std::string();
    auto secret = base::read_file(webhook.secret, 4096);
    if (!secret) return secret;
    while (!secret->empty() && (secret->back() == '\n' || secret->back() == ' '))
        secret->pop_back();
    if (secret->empty()) return base::Error(webhook.secret.string() + ": empty");
    return secret;
}

}  // namespace

base::Result<void> post_webhook(const profiles::Webhook& webhook, const std::string& id, const std::string& body,
                                const std::atomic<bool>& stop) {
    static const auto ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    const auto secret = secret_of(webhook);
    if (!secret) return secret.error();
    const std::unique_ptr<CURL, Close> handle(curl_easy_init());
    if (ready != CURLE_OK || !handle) return base::Error("libcurl cannot be started");
    const auto timestamp =
        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(base::now().time_since_epoch()).count());
    std::unique_ptr<curl_slist, FreeList> headers;
    const auto add = [&headers](const std::string& line) {
        headers.reset(curl_slist_append(headers.release(), line.c_str()));
    };
    add("Content-Type: application/json");
    add("webhook-id: " + id);
    add("webhook-timestamp: " + timestamp);
    if (!secret->empty()) add("webhook-signature: " + api::webhook_signature(*secret, id, timestamp, body));

    std::array<char, CURL_ERROR_SIZE> said{};
    const auto set = [&handle](CURLoption option, auto value) { curl_easy_setopt(handle.get(), option, value); };
    set(CURLOPT_URL, webhook.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_USERAGENT, "musterd");
    set(CURLOPT_ERRORBUFFER, said.data());
    set(CURLOPT_CONNECTTIMEOUT, connect_seconds);
    set(CURLOPT_TIMEOUT, whole_seconds);
    set(CURLOPT_HTTPHEADER, headers.get());
    set(CURLOPT_POSTFIELDS, body.c_str());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    set(CURLOPT_WRITEFUNCTION, &ignore);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &stopped);
    set(CURLOPT_XFERINFODATA, const_cast<std::atomic<bool>*>(&stop));
    if (!webhook.ca_file.empty()) set(CURLOPT_CAINFO, webhook.ca_file.c_str());

    const auto code = curl_easy_perform(handle.get());
    if (code != CURLE_OK) return base::Error(said.front() == '\0' ? curl_easy_strerror(code) : said.data());
    long status = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300) return {};
    return base::Error(fmt::format("it answered {}", status));
}

}  // namespace musterd::app
